//! One real Postgres for this test binary, on a port of its own; each test takes a database of its own in it.

use sqlx::{ConnectOptions, Connection, Executor, any::AnyConnectOptions};
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use viva::store::Location;

struct Server {
    port: u16,
    /// Its standard input is held open: when this process ends, whatever the reason, the server is stopped.
    _child: Child,
    _dir: TempDir,
}

static SERVER: OnceCell<Server> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Makes an empty database.
pub async fn new_database() -> Location {
    Location::parse(&new_database_url().await).expect("a Postgres URL")
}

/// Makes an empty database; its `DATABASE_URL`.
pub async fn new_database_url() -> String {
    let server = SERVER.get_or_init(async || tokio::task::spawn_blocking(start).await.expect("a server")).await;
    let name = format!("viva_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    sqlx::any::install_default_drivers();
    let admin: AnyConnectOptions = url(server.port, "postgres").parse().expect("a URL");
    let mut connection = admin.connect().await.expect("Postgres answers");
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a database");
    connection.close().await.expect("a clean close");
    url(server.port, &name)
}

fn url(port: u16, name: &str) -> String {
    format!("postgresql://viva@127.0.0.1:{port}/{name}")
}

fn start() -> Server {
    let dir = tempfile::Builder::new().prefix("viva-postgres-").tempdir().expect("a directory");
    let root = is_root();
    if root {
        // Postgres refuses to run as root; its package made a user for it.
        run(Command::new("chown").arg("postgres").arg(dir.path()));
    }
    let data = dir.path().join("data");
    run(as_postgres(root, "initdb").args(["--auth=trust", "--username=viva", "--no-sync", "-D"]).arg(&data));
    for _ in 0..5 {
        let port = free_port();
        if let Some(child) = serve(root, &data, port) {
            return Server { port, _child: child, _dir: dir };
        }
    }
    panic!("Postgres does not start");
}

/// `None` when the port was taken meanwhile.
fn serve(root: bool, data: &std::path::Path, port: u16) -> Option<Child> {
    // The shell waits for the end of its input, which is ours, and takes the server with it. (A shell's background
    // process ignores SIGINT.)
    let script = r#""$@" & server=$!; read -r _; kill -TERM $server; wait $server"#;
    let program = as_postgres(root, "postgres");
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(program.get_program()).args(program.get_args());
    command.arg("-D").arg(data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
    command.args(["-c", "unix_socket_directories=", "-c", "log_min_messages=log", "-c", "max_connections=200"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a shell");
    let mut lines = BufReader::new(child.stderr.take().expect("its errors")).lines();
    let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("ready to accept connections"));
    // What it says later is read so that it never waits for us.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    ready.then_some(child)
}

fn as_postgres(root: bool, program: &str) -> Command {
    let program = binary(program);
    if !root {
        return Command::new(program);
    }
    // Unlike runuser it becomes the program, so that a signal reaches it.
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

/// Debian keeps the server's programs out of the path.
fn binary(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.exists()).max();
    found.unwrap_or_else(|| PathBuf::from(name))
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout.starts_with(b"0")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
