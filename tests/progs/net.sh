# Programs that use the network, over the loopback: a web server and its clients, git over http and git://, bash's
# /dev/tcp, asyncio, perl, the resolver, names of interfaces. What is not installed is left out, natively as well.
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='2020-01-02T03:04:05Z' GIT_COMMITTER_DATE='2020-01-02T03:04:05Z' no_proxy=*
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
has() { command -v "$1" >/dev/null; }
mkdir www && echo hello >www/a.txt && seq 60000 >www/big || exit
git init -q src && git -C src commit -q --allow-empty -m x && git clone -q --bare src www/r.git && git -C www/r.git update-server-info
/usr/bin/python3 -u -c '
import http.server, functools
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="www")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(server.server_address[1], flush=True)
server.serve_forever()' >port 2>/dev/null &
server=$!
until [ -s port ]; do sleep 0.1; done
at=http://127.0.0.1:$(cat port)
has curl && curl -s "$at/a.txt" && curl -s "$at/big" | cmp - www/big && curl -s -o /dev/null -w '%{http_code}\n' "$at/none"
has wget && wget -qO- "$at/a.txt"
git clone -q "$at/r.git" c && git -C c log --format=%s
/usr/bin/python3 -c 'import sys, urllib.request; print(len(urllib.request.urlopen(sys.argv[1]).read()))' "$at/big"
perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new($ARGV[0]) or die $!; print $s "GET /a.txt HTTP/1.0\r\n\r\n"; while (<$s>) { print if /hello/ }' "${at#http://}"
exec 3<>"/dev/tcp/127.0.0.1/$(cat port)"; printf 'GET /a.txt HTTP/1.0\r\n\r\n' >&3; tail -n 1 <&3; exec 3>&-
kill $server; wait $server
{ : <"/dev/tcp/127.0.0.1/$(cat port)"; } 2>&1 | sed 's/.*: //'
/usr/bin/python3 -c '
import asyncio
async def upper(r, w):
    while line := await r.readline():
        w.write(line.upper())
        await w.drain()
    w.close()
async def client(port, i):
    r, w = await asyncio.open_connection("127.0.0.1", port)
    for k in range(5):
        w.write(b"line %d %d\n" % (i, k))
        await w.drain()
        assert await r.readline() == b"LINE %d %d\n" % (i, k)
    w.close()
    await w.wait_closed()
async def main():
    s = await asyncio.start_server(upper, "127.0.0.1", 0)
    await asyncio.gather(*[client(s.sockets[0].getsockname()[1], i) for i in range(50)])
    print("50 clients")
asyncio.run(main())'
/usr/bin/python3 -c '
import socket, socketserver, threading
print(sorted({a[4][0] for a in socket.getaddrinfo("localhost", 80, socket.AF_INET)}))
print("lo" in [n for _, n in socket.if_nameindex()])
class H(socketserver.BaseRequestHandler):
    def handle(self): self.request[1].sendto(self.request[0][::-1], self.client_address)
s = socketserver.ThreadingUDPServer(("127.0.0.1", 0), H)
threading.Thread(target=s.serve_forever, daemon=True).start()
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
c.connect(s.server_address)
c.send(b"abc")
print(c.recv(9))
s.shutdown()'
has ip && ip -o addr show lo | awk '{ print $2, $3, $4 }'
true
