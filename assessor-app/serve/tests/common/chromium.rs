//! A headless Chromium, driven through the `DevTools` protocol as a keyboard and eyes.

use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// How often a condition is asked again after the page went on to another one.
const MOST_TRIES: usize = 40;

/// The browser on this machine: `VIVA_CHROMIUM`, or the first of the usual names. `None` where there is none and none is required.
pub(crate) fn find() -> Option<PathBuf> {
    let named = std::env::var_os("VIVA_CHROMIUM").map(PathBuf::from);
    let folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let usual = ["chromium", "chromium-browser", "google-chrome"];
    let found = named.or_else(|| {
        usual
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
            .find(|path| path.is_file())
    });
    let required = std::env::var_os("VIVA_BROWSER") == Some(OsString::from("required"));
    assert!(
        found.is_some() || !required,
        "VIVA_BROWSER=required, but there is no Chromium: `cargo xtask setup` installs it"
    );
    found
}

pub(crate) struct Browser {
    child: Child,
    socket: WebSocket<TcpStream>,
    next: u64,
    /// What the page complained about: script errors, refused loads.
    pub(crate) complaints: Vec<String>,
    profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Browser {
    pub(crate) fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(program)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-dev-shm-usage",
            ])
            .args([
                "--remote-debugging-port=0",
                "--window-size=1280,900",
                "--autoplay-policy=no-user-gesture-required",
            ])
            .args(["--disable-background-networking", "--disable-component-update", "--mute-audio"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("Chromium starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("DevTools listening on ws://").map(str::to_owned))
            .expect("Chromium says where it listens");
        // A full pipe would stop the browser.
        std::thread::Builder::new()
            .name("chromium's complaints".into())
            .spawn(move || lines.for_each(drop))
            .expect("a thread");
        let host = address.split('/').next().expect("has a host").to_owned();
        let page = page_address(&host);
        let stream = TcpStream::connect(&host).expect("connects");
        stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).expect("a timeout");
        let (socket, _) = tungstenite::client(page, stream).expect("a websocket");
        let mut browser = Self { child, socket, next: 0, complaints: Vec::new(), profile };
        for domain in ["Page", "Runtime", "Log", "Accessibility"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// One command of the protocol and its result; events that come before it are looked at.
    pub(crate) fn try_call(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.next += 1;
        let id = self.next;
        let text = json!({"id": id, "method": method, "params": params}).to_string();
        self.socket.send(Message::text(text)).expect("Chromium listens");
        loop {
            let message = self.socket.read().expect("Chromium answers");
            let Message::Text(text) = message else { continue };
            let value: Value = serde_json::from_str(&text).expect("is JSON");
            self.look(&value);
            if value["id"] == json!(id) {
                return match value.get("error") {
                    Some(error) => Err(error.to_string()),
                    None => Ok(value["result"].clone()),
                };
            }
        }
    }

    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.try_call(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn look(&mut self, event: &Value) {
        let params = &event["params"];
        match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => self.complaints.push(params["exceptionDetails"].to_string()),
            Some("Log.entryAdded") if params["entry"]["level"] == "error" => {
                self.complaints.push(params["entry"].to_string());
            }
            _ => {}
        }
    }

    pub(crate) fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({"url": url}));
    }

    /// The value of a JavaScript expression.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let result = self.call("Runtime.evaluate", json!({"expression": expression, "returnByValue": true}));
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    pub(crate) fn text(&mut self, selector: &str) -> String {
        let found = self.value(&format!("document.querySelector({selector:?})?.textContent ?? ''"));
        found.as_str().unwrap_or_default().to_owned()
    }

    /// Waits in the page until the condition holds; the page may change meanwhile.
    #[track_caller]
    pub(crate) fn wait(&mut self, condition: &str) {
        let expression = format!(
            "new Promise((done) => {{ let left = 40; const look = () => {{ let held = false; try {{ held = document.readyState === 'complete' && Boolean({condition}); }} catch {{}} if (held || --left < 0) done(held); else setTimeout(look, 25); }}; look(); }})"
        );
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        for _ in 0..MOST_TRIES {
            if let Ok(result) = self.try_call("Runtime.evaluate", params.clone())
                && result["result"]["value"] == json!(true)
            {
                return;
            }
        }
        let page = self.value("location.href + ' ' + document.body.innerText");
        panic!("{condition} never held: {page}");
    }

    /// Presses a key: a sign, or `Enter`, `Tab`, `Escape`, `ArrowDown`, `Space`.
    pub(crate) fn press(&mut self, key: &str) {
        let (key, text, code) = match key {
            "Enter" => ("Enter", "\r", 13),
            "Space" => (" ", " ", 32),
            "Tab" => ("Tab", "", 9),
            "Escape" => ("Escape", "", 27),
            "ArrowDown" => ("ArrowDown", "", 40),
            sign => (sign, sign, i64::from(sign.to_uppercase().as_bytes()[0])),
        };
        let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        let event = |kind: &str| json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
        let mut down = event(kind);
        if !text.is_empty() {
            down["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", event("keyUp"));
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Controls that a screen reader could not name.
    pub(crate) fn nameless_controls(&mut self) -> Vec<String> {
        let tree = self.call("Accessibility.getFullAXTree", json!({}));
        let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
        let controls = ["button", "radio", "textbox", "combobox", "link", "listbox", "MenuListPopup"];
        let nameless = nodes.iter().filter(|node| {
            let role = node["role"]["value"].as_str().unwrap_or_default();
            node["ignored"] != json!(true)
                && controls[..5].contains(&role)
                && node["name"]["value"].as_str().unwrap_or_default().trim().is_empty()
        });
        nameless.map(Value::to_string).collect()
    }

    /// The whole page as a picture, light and dark, where `VIVA_SCREENSHOTS` names a folder.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("VIVA_SCREENSHOTS").map(PathBuf::from) else { return };
        for scheme in ["light", "dark"] {
            let feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            self.call("Emulation.setEmulatedMedia", feature);
            let shot = self.call("Page.captureScreenshot", json!({"captureBeyondViewport": true}));
            let bytes = STANDARD.decode(shot["data"].as_str().unwrap_or_default()).expect("is base64");
            std::fs::write(folder.join(format!("{name}-{scheme}.png")), bytes)
                .expect("the folder can be written");
        }
        self.call("Emulation.setEmulatedMedia", json!({"features": []}));
    }

    pub(crate) fn profile(&self) -> &Path {
        self.profile.path()
    }
}

/// The websocket of the first page.
fn page_address(host: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("connects");
    write!(stream, "GET /json/list HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
        .expect("Chromium listens");
    let mut all = Vec::new();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("a timeout");
    let mut chunk = [0; 4096];
    // Chromium keeps the connection open: the list is whole when it parses.
    loop {
        let count = stream.read(&mut chunk).expect("Chromium answers");
        all.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&all).into_owned();
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        if let Ok(pages) = serde_json::from_str::<Value>(body) {
            let page = pages.as_array().into_iter().flatten().find(|page| page["type"] == "page");
            return page
                .and_then(|page| page["webSocketDebuggerUrl"].as_str())
                .expect("has a page")
                .to_owned();
        }
        assert!(count > 0, "Chromium lists no page: {text}");
    }
}
