//! One nginx with a body of two bytes, on the first core, on a free port. It ends with its handle.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const READY_WITHIN: Duration = Duration::from_secs(10);

pub struct Nginx {
    pub address: String,
    child: Child,
}

impl Nginx {
    pub fn start(folder: &Path) -> Nginx {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let (address, home) = (format!("127.0.0.1:{port}"), folder.display());
        let text = format!(
            "worker_processes 1; daemon off; pid {home}/pid; error_log {home}/errors;
events {{ worker_connections 20000; multi_accept on; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
client_body_temp_path {home}/a; proxy_temp_path {home}/b; fastcgi_temp_path {home}/c; uwsgi_temp_path {home}/d; scgi_temp_path {home}/e;
server {{ listen {address} backlog=8192; location / {{ return 200 \"hi\"; }} }} }}\n"
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, text).expect("the folder can be written to");
        let mut command = Command::new("taskset");
        command.args(["-c", "0", "nginx", "-e", "stderr", "-p"]).arg(folder).arg("-c").arg(file);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("nginx is installed");
        let nginx = Nginx { address, child };
        let begun = Instant::now();
        while TcpStream::connect(&nginx.address).is_err() {
            assert!(begun.elapsed() < READY_WITHIN, "nginx is not ready");
            thread::sleep(Duration::from_millis(20));
        }
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SAFETY: a signal to a child that was not waited for; the master ends its worker when it is asked to.
        unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGTERM) };
        let _ = self.child.wait();
    }
}
