/** A mail server on loopback that keeps what it is given: enough SMTP (RFC 5321) for one sender at a time. */
import net from "node:net";

export async function smtpServer() {
  const mails = [];
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.setEncoding("utf8");
    let rest = "";
    let data = null;
    socket.write("220 test\r\n");
    const command = (line) => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === "EHLO" || verb === "HELO") return "250 test";
      if (verb === "DATA") {
        data = [];
        return "354 go on";
      }
      return verb === "QUIT" ? "221 bye" : "250 ok";
    };
    const take = (line) => {
      if (data === null) return command(line);
      if (line !== ".") {
        data.push(line.replace(/^\./, ""));
        return null;
      }
      mails.push(data.join("\n"));
      data = null;
      return "250 kept";
    };
    socket.on("data", (piece) => {
      const lines = (rest + piece).split("\r\n");
      rest = lines.pop();
      for (const line of lines) {
        const answer = take(line);
        if (answer !== null) socket.write(`${answer}\r\n`);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    mails,
    async close() {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
