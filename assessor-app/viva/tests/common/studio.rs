//! How the studio is driven: a script, with or without a window.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// Plays a script with these options in `folder`.
pub(crate) fn studio(folder: &Path, options: &[&str], display: Option<&str>, script: &str) -> Output {
    let file = folder.join("script.txt");
    std::fs::write(&file, script).expect("the folder takes files");
    let mut command = Command::new(env!("CARGO_BIN_EXE_viva"));
    command.current_dir(folder).arg("studio").args(options);
    if !options.contains(&"--size") {
        command.args(["--size", "1200", "800"]);
    }
    command.arg("--script").arg(&file).env_remove("WAYLAND_DISPLAY").env_remove("DISPLAY");
    if let Some(display) = display {
        command.env("DISPLAY", display);
    }
    command.output().expect("the program starts")
}

#[track_caller]
pub(crate) fn must_succeed(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Size and RGB bytes of a picture.
pub(crate) fn picture(path: &Path) -> ((u32, u32), Vec<u8>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).expect("the picture was written"));
    let mut reader = png::Decoder::new(file).read_info().expect("is PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("has a size")];
    let info = reader.next_frame(&mut bytes).expect("has a frame");
    bytes.truncate(info.buffer_size());
    ((info.width, info.height), bytes)
}

/// Pixels in the middle of the window, where the face is, that differ clearly.
pub(crate) fn changed_in_the_face(a: &Path, b: &Path) -> usize {
    let ((size, a), (other, b)) = (picture(a), picture(b));
    assert_eq!(size, other);
    let (width, height) = (size.0 as usize, size.1 as usize);
    let middle = |index: &usize| {
        let (x, y) = (index % width, index / width);
        (width * 3 / 10..width * 7 / 10).contains(&x) && (height / 10..height * 6 / 10).contains(&y)
    };
    let differs = |index: &usize| {
        let pixel = index * 3..index * 3 + 3;
        a[pixel.clone()].iter().zip(&b[pixel]).any(|(a, b)| a.abs_diff(*b) > 24)
    };
    (0..width * height).filter(middle).filter(differs).count()
}

/// A virtual X server with a free display, until it is dropped.
pub(crate) struct Xvfb {
    child: Child,
    pub(crate) display: String,
}

impl Xvfb {
    pub(crate) fn start() -> Self {
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts; it is in the Debian package xvfb");
        let mut told = String::new();
        let mut byte = [0];
        let output = child.stdout.as_mut().expect("piped");
        while output.read(&mut byte).expect("Xvfb tells its display") == 1 && byte[0] != b'\n' {
            told.push(char::from(byte[0]));
        }
        Self { child, display: format!(":{}", told.trim()) }
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().ok();
    }
}
