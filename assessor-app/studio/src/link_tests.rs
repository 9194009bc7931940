use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::*;
use viva_media::Blendshape;

/// A network in memory: what is sent to an address waits there.
#[derive(Clone, Default)]
struct Memory {
    waiting: Rc<RefCell<VecDeque<Vec<u8>>>>,
    is_broken: Rc<RefCell<bool>>,
}

struct End(Memory, SocketAddr);

impl Sockets for Memory {
    fn listen(&mut self, at: SocketAddr) -> Result<Box<dyn Incoming>, String> {
        if at.port() == 1 { Err("the port is taken".into()) } else { Ok(Box::new(End(self.clone(), at))) }
    }

    fn send_to(&mut self, to: SocketAddr) -> Result<Box<dyn Outgoing>, String> {
        Ok(Box::new(End(self.clone(), to)))
    }
}

impl Incoming for End {
    fn receive(&mut self, datagram: &mut [u8]) -> Result<Option<usize>, String> {
        if *self.0.is_broken.borrow() {
            return Err("the cable is out".into());
        }
        let Some(next) = self.0.waiting.borrow_mut().pop_front() else { return Ok(None) };
        datagram[..next.len()].copy_from_slice(&next);
        Ok(Some(next.len()))
    }

    fn address(&self) -> SocketAddr {
        self.1
    }
}

impl Outgoing for End {
    fn send(&mut self, datagram: &[u8]) -> Result<bool, String> {
        self.0.waiting.borrow_mut().push_back(datagram.to_vec());
        Ok(true)
    }
}

fn link() -> (Link, Memory) {
    let memory = Memory::default();
    (Link::new(Some(Box::new(memory.clone()))), memory)
}

#[test]
fn a_face_that_is_sent_is_heard() {
    let (mut link, _) = link();
    link.listen("127.0.0.1:39539").expect("a port");
    link.send_to(" 127.0.0.1:39540 ", Naming::Pascal).expect("a way");
    let mut pose = FacePose::neutral(Timestamp::ZERO);
    pose.weights[Blendshape::JawOpen] = 0.5;
    link.tell(&pose).expect("is sent");
    let heard = link.hear(0.02).expect("the socket is whole").expect("a pose");
    assert!((heard.weights[Blendshape::JawOpen] - 0.5).abs() < 1e-6);
    let lines = link.heard().expect("it listens").join("\n");
    assert!(
        lines.contains("1 poses") && !lines.contains("no OSC") && !lines.contains("other machines"),
        "{lines}"
    );
    assert!(link.sent().is_some_and(|line| line.contains("sent to 127.0.0.1:39540")));
    link.hear(5.0).expect("the socket is whole");
    assert!(link.heard().expect("it listens")[1].contains("none for 5 s"));
}

#[test]
fn garbage_is_counted_and_shown() {
    let (mut link, memory) = link();
    link.listen("0.0.0.0:39539").expect("a port");
    for garbage in [
        &b""[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"/x",
        &[0xff; 1500],
        b"#bundle\0\0\0\0\0\0\0\0\x01\x7f\xff\xff\xff",
    ] {
        memory.waiting.borrow_mut().push_back(garbage.to_vec());
    }
    assert_eq!(link.hear(0.02), Ok(None));
    let lines = link.heard().expect("it listens");
    assert!(lines[1].contains("no pose has come yet"), "{lines:?}");
    assert!(lines[3].contains("5 datagrams were no OSC; the last: "), "{lines:?}");
    assert!(lines[4].contains("other machines can send"), "{lines:?}");
}

#[test]
fn what_cannot_be_is_told_in_words() {
    let (mut link, memory) = link();
    assert!(link.listen("localhost").is_err_and(|told| told.contains("127.0.0.1:39539")));
    assert_eq!(link.listen("127.0.0.1:1"), Err("the port is taken".into()));
    link.listen("127.0.0.1:39539").expect("a port");
    assert!(link.send_to("127.0.0.1:39539", Naming::Camel).is_err_and(|told| told.contains("hear itself")));
    link.listen("0.0.0.0:39539").expect("all addresses");
    assert!(link.send_to("127.0.0.1:39539", Naming::Camel).is_err_and(|told| told.contains("hear itself")));
    *memory.is_broken.borrow_mut() = true;
    assert_eq!(link.hear(0.02), Err("the cable is out".into()));
    assert_eq!((link.heard(), link.hear(0.02)), (None, Ok(None)));
    assert!(Link::new(None).listen("127.0.0.1:39539").is_err_and(|told| told.contains("no network")));
}

#[test]
fn poses_are_sent_at_most_sixty_times_a_second() {
    let (mut link, _) = link();
    link.send_to("127.0.0.1:39540", Naming::Presets).expect("a way");
    let one = packets(&FacePose::neutral(Timestamp::ZERO), Naming::Presets).len() as u64;
    for _ in 0..240 {
        link.hear(1.0 / 240.0).expect("nothing listens");
        link.tell(&FacePose::neutral(Timestamp::ZERO)).expect("is sent");
    }
    let sent = link.sending.as_ref().map(|sending| sending.sent / one);
    assert!(sent.is_some_and(|sent| (58..=61).contains(&sent)), "{sent:?}");
}
