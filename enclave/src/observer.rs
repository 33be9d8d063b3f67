//! Who watches conversations go from step to step.

/// Where a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// Its request was read.
    Asked,
    /// It needs something of the host; nothing is sent yet.
    Needs,
    /// The need is sent; no supply was read.
    Needed,
    /// The host's supply was read; the vault has not seen it.
    Supplied,
    /// It needs the security module.
    Module,
    /// It is about to send a credential; nobody is connected to.
    Sending,
    /// The host's relay is there; nothing was said to it.
    Dialled,
    /// The platform is connected to and proved its name; nothing was sent to it.
    Connected,
    /// The head of the platform's answer was read, its body was not.
    Headed,
    /// The platform answered; the vault has not seen it.
    Sent,
    /// Its answer is made; nothing is sent yet.
    Answering,
    /// Its answer is sent.
    Answered,
}

/// Is told of every point. It sees no content and changes nothing.
pub trait Observer: Send + Sync {
    /// `conversation` names the kind of request.
    fn at(&self, conversation: &'static str, point: Point);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {
    fn at(&self, _: &'static str, _: Point) {}
}
