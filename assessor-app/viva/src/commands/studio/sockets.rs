//! UDP for the studio: faces of performers, in and out.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};

use viva_studio::{Incoming, Outgoing, Sockets};

/// The sockets of this machine; none of them waits.
pub(super) struct Udp;

struct Heard {
    socket: UdpSocket,
    at: SocketAddr,
}

struct Told {
    socket: UdpSocket,
    to: SocketAddr,
}

impl Sockets for Udp {
    fn listen(&mut self, at: SocketAddr) -> Result<Box<dyn Incoming>, String> {
        let bound = UdpSocket::bind(at).and_then(|socket| {
            socket.set_nonblocking(true)?;
            let at = socket.local_addr()?;
            Ok(Heard { socket, at })
        });
        match bound {
            Ok(heard) => Ok(Box::new(heard)),
            Err(error) => Err(format!(
                "cannot listen at {at}: {error}; name an address of this machine and a port that no other program has"
            )),
        }
    }

    fn send_to(&mut self, to: SocketAddr) -> Result<Box<dyn Outgoing>, String> {
        let own = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let connected = UdpSocket::bind(own).and_then(|socket| {
            socket.connect(to)?;
            socket.set_nonblocking(true)?;
            Ok(Told { socket, to })
        });
        match connected {
            Ok(told) => Ok(Box::new(told)),
            Err(error) => Err(format!("no way to {to}: {error}")),
        }
    }
}

impl Incoming for Heard {
    fn receive(&mut self, datagram: &mut [u8]) -> Result<Option<usize>, String> {
        loop {
            return match self.socket.recv(datagram) {
                Ok(size) => Ok(Some(size)),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => Ok(None),
                    // Told of what somebody else did.
                    ErrorKind::Interrupted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused => {
                        continue;
                    }
                    _ => Err(format!("cannot hear any more at {}: {error}", self.at)),
                },
            };
        }
    }

    fn address(&self) -> SocketAddr {
        self.at
    }
}

impl Outgoing for Told {
    fn send(&mut self, datagram: &[u8]) -> Result<bool, String> {
        match self.socket.send(datagram) {
            Ok(_) => Ok(true),
            Err(error) => match error.kind() {
                // Nobody listens yet, or the system is behind: the next pose may come through.
                ErrorKind::ConnectionRefused | ErrorKind::WouldBlock | ErrorKind::Interrupted => Ok(false),
                _ => Err(format!("cannot send to {} any more: {error}", self.to)),
            },
        }
    }
}
