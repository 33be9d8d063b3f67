// Ends this process when whoever started it is gone: standard input is a pipe from there. Loaded with `node --import`.
process.stdin.on("end", () => process.exit());
process.stdin.on("error", () => process.exit());
process.stdin.resume();
process.stdin.unref?.();
