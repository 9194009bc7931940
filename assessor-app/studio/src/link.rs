//! Faces over the network, in and out: the messages of the Virtual Motion Capture protocol. The sockets are whoever's opens the studio.

use std::net::SocketAddr;

use viva_avatar::osc::MAX_PACKET_BYTES;
use viva_avatar::vmc::{Naming, Receiver, packets};
use viva_media::{FacePose, Timestamp};

/// Datagrams that are taken in with one frame; the rest waits in the system, which drops what is too much.
const MOST_PER_FRAME: usize = 1000;
/// Poses are sent at most so often.
const LONGEST_STEP_SECS: f64 = 1.0 / 60.0;
/// A performer that is silent for so long has stopped.
const SILENCE_SECS: f64 = 2.0;
/// Names of shapes that are shown of those that mean nothing here.
const MOST_UNKNOWN: usize = 6;

/// Gives sockets; errors in words.
pub trait Sockets {
    /// Hears what comes to an address of this machine.
    ///
    /// # Errors
    ///
    /// In words, where the address is not this machine's or another program has the port.
    fn listen(&mut self, at: SocketAddr) -> Result<Box<dyn Incoming>, String>;
    /// Sends to an address.
    ///
    /// # Errors
    ///
    /// In words, where there is no way.
    fn send_to(&mut self, to: SocketAddr) -> Result<Box<dyn Outgoing>, String>;
}

/// A socket that is heard.
pub trait Incoming {
    /// The next datagram that has come, its length; does not wait.
    ///
    /// # Errors
    ///
    /// In words, where the socket has failed.
    fn receive(&mut self, datagram: &mut [u8]) -> Result<Option<usize>, String>;
    /// Where it is heard.
    fn address(&self) -> SocketAddr;
}

/// A socket that sends.
pub trait Outgoing {
    /// Sends a datagram; false where nobody listens.
    ///
    /// # Errors
    ///
    /// In words, where it cannot be sent.
    fn send(&mut self, datagram: &[u8]) -> Result<bool, String>;
}

/// Both directions.
pub(crate) struct Link {
    sockets: Option<Box<dyn Sockets>>,
    hearing: Option<Hearing>,
    sending: Option<Sending>,
    datagram: Vec<u8>,
    /// Seconds of the studio.
    now: f64,
}

struct Hearing {
    socket: Box<dyn Incoming>,
    receiver: Receiver,
    poses: u64,
    last_secs: Option<f64>,
    last_fault: Option<String>,
}

struct Sending {
    socket: Box<dyn Outgoing>,
    to: SocketAddr,
    naming: Naming,
    sent: u64,
    unheard: u64,
    due: f64,
}

/// Whether what is sent `to` an address arrives where somebody listens.
fn is_heard(at: SocketAddr, to: SocketAddr) -> bool {
    let on_this_machine = to.ip().is_loopback() || to.ip().is_unspecified();
    at.port() == to.port() && (at.ip() == to.ip() || (at.ip().is_unspecified() && on_this_machine))
}

impl Link {
    pub(crate) fn new(sockets: Option<Box<dyn Sockets>>) -> Self {
        Self { sockets, hearing: None, sending: None, datagram: vec![0; MAX_PACKET_BYTES], now: 0.0 }
    }

    /// **Errors** in words.
    pub(crate) fn listen(&mut self, address: &str) -> Result<SocketAddr, String> {
        let at = parse(address)?;
        if self.sending.as_ref().is_some_and(|sending| is_heard(at, sending.to)) {
            return Err(format!("the face is sent to {at}: the studio would hear itself"));
        }
        // The port is free again before it is asked for.
        self.hearing = None;
        let socket = self.sockets.as_mut().ok_or("this studio has no network")?.listen(at)?;
        let at = socket.address();
        self.hearing = Some(Hearing {
            socket,
            receiver: Receiver::default(),
            poses: 0,
            last_secs: None,
            last_fault: None,
        });
        Ok(at)
    }

    pub(crate) fn stop_listening(&mut self) {
        self.hearing = None;
    }

    /// **Errors** in words.
    pub(crate) fn send_to(&mut self, address: &str, naming: Naming) -> Result<SocketAddr, String> {
        let to = parse(address)?;
        if self.hearing.as_ref().is_some_and(|hearing| is_heard(hearing.socket.address(), to)) {
            return Err(format!("the studio listens at {to}: it would hear itself"));
        }
        let socket = self.sockets.as_mut().ok_or("this studio has no network")?.send_to(to)?;
        self.sending = Some(Sending { socket, to, naming, sent: 0, unheard: 0, due: 0.0 });
        Ok(to)
    }

    pub(crate) fn stop_sending(&mut self) {
        self.sending = None;
    }

    /// Takes in what has come; the last pose, where one was completed.
    ///
    /// **Errors** in words, where the socket has failed; then nothing is heard any more.
    pub(crate) fn hear(&mut self, secs: f64) -> Result<Option<FacePose>, String> {
        self.now += secs;
        let Some(hearing) = &mut self.hearing else { return Ok(None) };
        let mut newest = None;
        for _ in 0..MOST_PER_FRAME {
            let size = match hearing.socket.receive(&mut self.datagram) {
                Ok(Some(size)) => size.min(self.datagram.len()),
                Ok(None) => break,
                Err(error) => {
                    self.hearing = None;
                    return Err(error);
                }
            };
            match hearing.receiver.push(Timestamp::from_secs(self.now), &self.datagram[..size]) {
                Ok(Some(pose)) => {
                    hearing.poses += 1;
                    newest = Some(pose);
                }
                Ok(None) => {}
                Err(error) => hearing.last_fault = Some(error.to_string()),
            }
        }
        if newest.is_some() {
            hearing.last_secs = Some(self.now);
        }
        Ok(newest)
    }

    /// Sends what the face shows, where it is due.
    ///
    /// **Errors** in words; then nothing is sent any more.
    pub(crate) fn tell(&mut self, pose: &FacePose) -> Result<(), String> {
        let Some(sending) = &mut self.sending else { return Ok(()) };
        if self.now < sending.due {
            return Ok(());
        }
        // A late frame is not made up for.
        sending.due = (sending.due + LONGEST_STEP_SECS).max(self.now);
        let pose = FacePose { at: Timestamp::from_secs(self.now), ..*pose };
        for packet in packets(&pose, sending.naming) {
            match sending.socket.send(&packet) {
                Ok(true) => sending.sent += 1,
                Ok(false) => sending.unheard += 1,
                Err(error) => {
                    self.sending = None;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// What is heard, in lines; `None` where nothing listens.
    pub(crate) fn heard(&self) -> Option<Vec<String>> {
        let hearing = self.hearing.as_ref()?;
        let counts = hearing.receiver.counts();
        let mut lines = vec![format!("listening at {}", hearing.socket.address())];
        lines.push(match hearing.last_secs {
            None => "no pose has come yet".to_owned(),
            Some(last) if self.now - last > SILENCE_SECS => {
                format!(
                    "{} poses; none for {:.0} s: the face stays as it was",
                    hearing.poses,
                    self.now - last
                )
            }
            Some(_) => format!("{} poses", hearing.poses),
        });
        lines.push(format!(
            "{} datagrams: {} messages used, {} passed over",
            counts.packets, counts.used, counts.passed_over
        ));
        if counts.broken > 0 {
            let last = hearing.last_fault.as_deref().unwrap_or_default();
            lines.push(format!("{} datagrams were no OSC; the last: {last}", counts.broken));
        }
        let mut unknown: Vec<&str> = hearing.receiver.unknown().collect();
        if !unknown.is_empty() {
            let more = unknown.len().saturating_sub(MOST_UNKNOWN);
            unknown.truncate(MOST_UNKNOWN);
            let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
            lines.push(format!("shapes that mean nothing here: {}{tail}", unknown.join(", ")));
        }
        if !hearing.socket.address().ip().is_loopback() {
            lines.push("other machines can send to this address".to_owned());
        }
        Some(lines)
    }

    /// What is sent, in a line; `None` where nothing is.
    pub(crate) fn sent(&self) -> Option<String> {
        let Sending { to, sent, unheard, .. } = self.sending.as_ref()?;
        let nobody =
            if *unheard > 0 { format!("; nobody listened for {unheard} more") } else { String::new() };
        Some(format!("{sent} datagrams sent to {to}{nobody}"))
    }
}

fn parse(address: &str) -> Result<SocketAddr, String> {
    let address = address.trim();
    address.parse().map_err(|_no_address| {
        format!("{address:?} is no address with a port, such as 127.0.0.1:39539 or [::1]:39539")
    })
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
