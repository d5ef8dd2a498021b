// Both servers listen on every interface and cannot be told otherwise.
const { Server } = require("node:net");

const listen = Server.prototype.listen;
Server.prototype.listen = function (...args) {
  const [port, ...rest] = args;
  if (typeof port === "number" || typeof port === "string") {
    const host = typeof rest[0] === "string" ? rest.slice(1) : rest;
    return listen.call(this, Number(port), "127.0.0.1", ...host);
  }
  if (port && typeof port === "object" && "port" in port) {
    return listen.call(this, { ...port, host: "127.0.0.1" }, ...rest);
  }
  return listen.apply(this, args);
};
