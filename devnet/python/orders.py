"""Reads a seller's orders with python-amazon-sp-api as it is published. What it goes through is said by the environment alone."""

import json

from sp_api.api import Orders
from sp_api.base import Marketplaces, SellingApiException

CREDENTIALS = {"refresh_token": "none", "lwa_app_id": "none", "lwa_client_secret": "none"}


def main():
    client = Orders(marketplace=Marketplaces.US, credentials=CREDENTIALS)
    orders = client.get_orders(CreatedAfter="2026-11-01T00:00:00+00:00")
    one = client.get_order("902-1845936-5435065")
    try:
        client.confirm_shipment("902-1845936-5435065", marketplaceId="ATVPDKIKX0DER", packageDetail={})
        refused = None
    except SellingApiException as error:
        refused = error.message
    print(json.dumps({
        "orders": [order["AmazonOrderId"] for order in orders.payload["Orders"]],
        "one": one.payload["OrderStatus"],
        "rate": orders.rate_limit,
        "refused": refused,
    }))


main()
