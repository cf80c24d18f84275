//! Redis through the proxy: error replies and slow keys, seen by the redis crate.

use super::*;
use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncCommands, Client, RedisResult, cmd, pipe};
use firedrill::plan::spoil::{Answer, Glob};

fn server() -> Server {
    Server::start(folder(), |folder, port| {
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]);
        command.arg(folder);
        command
    })
}

async fn connect(proxy: &FaultProxy) -> MultiplexedConnection {
    let client = Client::open(format!("redis://{}/", proxy.address())).expect("an address");
    let config = ::redis::AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await.expect("connected")
}

fn of(commands: &[&str], key: Option<&str>) -> Wanted {
    let commands = commands.iter().map(|command| (*command).to_owned()).collect();
    Wanted::Redis { commands, key: key.map(|key| Glob(key.into())) }
}

fn error(text: &str) -> Does {
    Does::Answer(Answer::Redis { error: text.into() })
}

fn code(result: RedisResult<String>) -> Option<String> {
    result.expect_err("an error").code().map(str::to_owned)
}

#[tokio::test]
async fn commands_are_answered_with_errors_and_never_reach_the_server() {
    let server = server();
    let proxy = proxy(Speech::Redis, server.address);
    let mut client = connect(&proxy).await;
    let _: () = client.set("a", "1").await.expect("set");
    apply(&proxy, spoil(of(&[], None), error("LOADING Redis is loading the dataset in memory")));
    assert_eq!(code(client.get("a").await).as_deref(), Some("LOADING"));
    let mut second = connect(&proxy).await;
    assert_eq!(code(second.get("a").await).as_deref(), Some("LOADING"), "a greeting passes, a command does not");
    apply(&proxy, spoil(of(&["SET", "INCR"], None), error("READONLY You can't write against a read only replica.")));
    assert_eq!(code(client.set("a", "2").await).as_deref(), Some("READONLY"));
    assert_eq!(client.get::<_, String>("a").await.expect("got"), "1");
    apply(&proxy, Spoil { which: Which { first: Some(2), ..Which::ALL }, ..spoil(of(&[], None), error("ERR mine")) });
    let mut good = 0;
    for _ in 0..4 {
        good += u32::from(client.get::<_, String>("a").await.is_ok());
    }
    assert_eq!((good, counted(&proxy, "requests answered by the fault")), (2, 5));
    proxy.heal(IT);
    assert_eq!(client.get::<_, String>("a").await.expect("got"), "1");
}

#[tokio::test]
async fn slow_keys_are_slow_and_others_are_not() {
    let server = server();
    let proxy = proxy(Speech::Redis, server.address);
    let (mut client, mut other) = (connect(&proxy).await, connect(&proxy).await);
    apply(&proxy, late(of(&[], Some("slow:*")), Does::Hold));
    for _ in 0..3 {
        let begun = Instant::now();
        let _: () = client.set("slow:1", "x").await.expect("set");
        assert!(begun.elapsed() >= LATE);
    }
    let begun = Instant::now();
    for _ in 0..20 {
        let _: () = other.set("quick", "x").await.expect("set");
    }
    assert!(begun.elapsed() < LATE * 20, "{:?}", begun.elapsed());
    // Each is late from when it came, not one after another.
    let mut many = pipe();
    for n in 0..50 {
        many.get(format!("slow:{n}")).ignore();
    }
    let begun = Instant::now();
    many.query_async::<()>(&mut client).await.expect("answered");
    assert!(begun.elapsed() >= LATE && begun.elapsed() < LATE * 25, "{:?}", begun.elapsed());
    assert_eq!(counted(&proxy, "requests delayed"), 53);
}

#[tokio::test]
async fn a_transaction_stays_whole_and_large_values_stay_identical() {
    let server = server();
    let proxy = proxy(Speech::Redis, server.address);
    let mut client = connect(&proxy).await;
    apply(&proxy, spoil(of(&["INCRBY", "EXEC"], None), error("OOM no")));
    let both: (i32, i32) = pipe().atomic().incr("n", 1).incr("n", 1).query_async(&mut client).await.expect("whole");
    assert_eq!(both, (1, 2));
    let big: Vec<u8> = (0..2_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let _: () = client.set("big", &big[..]).await.expect("set");
    assert!(client.get::<_, Vec<u8>>("big").await.expect("got") == big);
    assert_eq!(code(client.incr("n", 1).await).as_deref(), Some("OOM"));
    assert_eq!(proxy.evidence(IT).touched, 1);
}

#[tokio::test]
async fn a_monitor_and_what_is_no_redis_pass() {
    let server = server();
    let proxy = proxy(Speech::Redis, server.address);
    apply(&proxy, spoil(of(&["GET"], None), error("ERR no")));
    let mut watch = connect(&proxy).await;
    let ok: String = cmd("MONITOR").query_async(&mut watch).await.expect("it passes");
    assert_eq!(ok, "OK");
    let begun = Instant::now();
    while counted(&proxy, "connections not understood") == 0 {
        assert!(begun.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
