//! Clients in Rust, Python and JavaScript, as their authors published them. They are installed once into the target folder; one that
//! cannot be installed fails its test.

use super::*;
use std::path::{Path, PathBuf};
use toxiproxy_rust::client::Client;
use toxiproxy_rust::proxy::ProxyPack;

#[test]
fn the_rust_client_works_unchanged() {
    let server = Server::start(&[]);
    let (client, upstream) = (Client::new(server.address), echo());
    assert!(client.is_running());
    assert_eq!(client.version().as_deref(), Ok("{\"version\": \"2.12.0\"}\n"));
    let pack = ProxyPack::new("rust".into(), "127.0.0.1:0".into(), upstream.to_string());
    let populated = client.populate(vec![pack]).expect("populated");
    let listen: SocketAddr = populated[0].proxy_pack.listen.parse().expect("an address");
    let proxy = client.find_proxy("rust").expect("found");
    let trip = || round_trip(&mut connect(listen));
    proxy
        .with_latency("downstream".into(), 200, 0, 1.0)
        .with_slicer("upstream".into(), 2, 1, 10, 1.0)
        .apply(|| assert!(trip().expect("echoed") >= Duration::from_millis(200)))
        .expect("applied");
    assert_eq!(proxy.toxics().expect("listed").len(), 0, "`apply` takes its toxics away");
    proxy.with_limit_data("downstream".into(), 2, 1.0).apply(|| assert!(trip().is_err())).expect("applied");
    proxy.with_timeout("downstream".into(), 50, 1.0).apply(|| assert!(trip().is_err())).expect("applied");
    proxy.with_down(|| assert!(TcpStream::connect(listen).is_err())).expect("down and up");
    proxy.with_bandwidth("downstream".into(), 0, 1.0);
    assert_eq!(client.all().expect("listed")["rust"].proxy_pack.toxics.len(), 1);
    client.reset().expect("reset");
    assert_eq!(proxy.toxics().expect("listed").len(), 0);
    trip().expect("echoed");
    proxy.delete().expect("deleted");
    assert!(client.find_proxy("rust").is_err());
}

const PYTHON: &str = r#"
import socket, sys, time
from toxiproxy import Toxiproxy
from toxiproxy.exceptions import NotFound, ProxyExists, InvalidToxic
host, port, upstream = sys.argv[1], int(sys.argv[2]), sys.argv[3]
server = Toxiproxy()
server.update_api_consumer(host, port)

def trip(listen):
    at, port = listen.rsplit(":", 1)
    start = time.time()
    with socket.create_connection((at, int(port)), 30) as s:
        s.sendall(b"hello")
        got = b""
        while len(got) < 5:
            more = s.recv(16)
            if not more:
                return None
            got += more
    return time.time() - start

assert server.running() and b"2.12.0" in server.version()
proxy = server.create(upstream=upstream, name="python")
assert proxy.enabled and trip(proxy.listen) is not None
try:
    server.create(upstream=upstream, name="python")
    assert False, "twice"
except ProxyExists:
    pass
proxy.add_toxic(type="latency", attributes={"latency": 200, "jitter": 0})
assert proxy.get_toxic("latency_downstream").attributes == {"latency": 200, "jitter": 0}
assert trip(proxy.listen) >= 0.2
proxy.destroy_toxic("latency_downstream")
assert proxy.toxics() == {}
proxy.add_toxic(name="short", type="limit_data", stream="downstream", attributes={"bytes": 2})
assert trip(proxy.listen) is None
try:
    proxy.add_toxic(type="no such type")
    assert False, "an unknown type"
except InvalidToxic:
    pass
with proxy.down():
    try:
        trip(proxy.listen)
        assert False, "still up"
    except ConnectionRefusedError:
        pass
made = server.populate([{"name": "python", "upstream": upstream, "listen": proxy.listen}, {"name": "second", "upstream": upstream}])
assert [p.name for p in made] == ["second"], made
assert server.reset() and server.get_proxy("python").toxics() == {}
assert trip(proxy.listen) is not None
server.destroy_all()
assert server.proxies() == {}
try:
    proxy.destroy_toxic("short")
    assert False, "gone"
except NotFound:
    pass
print("python is content")
"#;

const NODE: &str = r#"
const { Toxiproxy } = require("toxiproxy-node-client");
const net = require("net"), assert = require("assert");
const [api, upstream] = process.argv.slice(2);

function trip(listen) {
  const at = listen.lastIndexOf(":"), start = Date.now();
  return new Promise((done, fail) => {
    const s = net.connect({ host: listen.slice(0, at), port: +listen.slice(at + 1) }, () => s.write("hello"));
    let got = 0;
    s.on("data", (d) => { got += d.length; if (got >= 5) { s.destroy(); done(Date.now() - start); } });
    s.on("end", () => done(null));
    s.on("error", fail);
  });
}

(async () => {
  const server = new Toxiproxy(api);
  assert((await server.getVersion()).includes("2.12.0"));
  const proxy = await server.createProxy({ name: "node", listen: "127.0.0.1:0", upstream, enabled: true });
  assert.notEqual(await trip(proxy.listen), null);
  const toxic = await proxy.addToxic({ name: "slow", type: "latency", stream: "downstream", toxicity: 1, attributes: { latency: 200, jitter: 0 } });
  assert((await trip(proxy.listen)) >= 199);
  const changed = await toxic.update({ attributes: { latency: 300, jitter: 0 }, toxicity: 1 });
  assert.equal(changed.attributes.latency, 300);
  assert((await trip(proxy.listen)) >= 299);
  await toxic.remove();
  await assert.rejects(proxy.getToxic("slow"), /404/);
  await proxy.addToxic({ name: "short", type: "limit_data", stream: "downstream", toxicity: 1, attributes: { bytes: 2 } });
  assert.equal(await trip(proxy.listen), null);
  await proxy.update({ enabled: false, listen: proxy.listen, upstream });
  await assert.rejects(trip(proxy.listen), /ECONNREFUSED/);
  await server.reset();
  assert.notEqual(await trip(proxy.listen), null);
  const populated = await server.populate([{ name: "node", listen: proxy.listen, upstream }, { name: "other", listen: "127.0.0.1:0", upstream }]);
  assert.deepEqual(Object.keys(populated), ["node", "other"]);
  assert.deepEqual(Object.keys(await server.getAll()), ["node", "other"]);
  await proxy.remove();
  await assert.rejects(server.get("node"), /404/);
  console.log("node is content");
})().catch((error) => { console.error(error); process.exit(1); });
"#;

#[test]
fn the_python_client_works_unchanged() {
    let folder =
        installed("python", "python3 -m venv venv && venv/bin/pip install -q toxiproxy-python==0.1.1 requests");
    let (server, upstream) = (Server::start(&[]), echo().to_string());
    std::fs::write(folder.join("drive.py"), PYTHON).expect("written");
    let (host, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let out = run(Command::new(folder.join("venv/bin/python")).args(["drive.py", &host, &port, &upstream]), &folder);
    assert!(out.ends_with("python is content\n"), "{out}");
}

#[test]
fn the_node_client_works_unchanged() {
    let folder = installed("node", "npm install --no-audit --no-fund --silent toxiproxy-node-client@4.1.0");
    let (server, upstream) = (Server::start(&[]), echo().to_string());
    std::fs::write(folder.join("drive.js"), NODE).expect("written");
    let api = format!("http://{}", server.address);
    let out = run(Command::new("node").args(["drive.js", &api, &upstream]), &folder);
    assert!(out.ends_with("node is content\n"), "{out}");
}

/// A folder in which these commands were carried out once.
fn installed(name: &str, commands: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("toxiproxy-clients").join(name);
    let marker = folder.join("installed");
    if std::fs::read_to_string(&marker).is_ok_and(|done| done == commands) {
        return folder;
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    run(Command::new("sh").args(["-c", commands]), &folder);
    std::fs::write(marker, commands).expect("written");
    folder
}

fn run(command: &mut Command, folder: &Path) -> String {
    let out = command.current_dir(folder).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (text, told) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{command:?}\n{text}\n{told}");
    text.into_owned()
}
