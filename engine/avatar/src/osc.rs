//! Open Sound Control 1.0: packets from and to bytes, as untrusted input from the network.
//!
//! Written here rather than taken from a library, since a datagram can nest thousands of bundles and ours must bound depth,
//! messages and arguments: [`MAX_DEPTH`], [`MAX_MESSAGES`], [`MAX_ARGUMENTS`].
//!
//! **Source**: "The Open Sound Control 1.0 Specification", M. Wright, 2002; of the optional types `h d T F N I` are read, the
//! others end a packet with [`OscError::Type`].

use thiserror::Error;

/// Largest datagram that UDP carries.
pub const MAX_PACKET_BYTES: usize = 65_507;
/// Bundles within bundles.
pub const MAX_DEPTH: usize = 8;
/// Messages of one packet; a performer sends some hundred.
pub const MAX_MESSAGES: usize = 4096;
/// Arguments of one message.
pub const MAX_ARGUMENTS: usize = 64;

/// One argument of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// `i`.
    Int(i32),
    /// `h`.
    Long(i64),
    /// `f`.
    Float(f32),
    /// `d`.
    Double(f64),
    /// `s`.
    Text(String),
    /// `b`.
    Blob(Vec<u8>),
    /// `T`, `F`.
    Bool(bool),
    /// `N` and `I`, which carry nothing.
    Nothing,
}

impl Argument {
    /// A finite number, whatever its type.
    #[must_use]
    pub fn number(&self) -> Option<f32> {
        let number = match self {
            Self::Int(x) => *x as f32,
            Self::Long(x) => *x as f32,
            Self::Float(x) => *x,
            Self::Double(x) => *x as f32,
            Self::Bool(x) => f32::from(u8::from(*x)),
            Self::Text(_) | Self::Blob(_) | Self::Nothing => return None,
        };
        number.is_finite().then_some(number)
    }

    /// A text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// An address with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// For example `/VMC/Ext/Blend/Val`.
    pub address: String,
    /// In order.
    pub arguments: Vec<Argument>,
}

/// Why bytes are no packet.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OscError {
    /// Larger than a datagram.
    #[error("{0} bytes are more than a datagram holds")]
    TooLarge(usize),
    /// The bytes end too early.
    #[error("the packet ends within {0}")]
    Truncated(&'static str),
    /// A text is not UTF-8 or its padding is missing.
    #[error("{0} is no text")]
    Text(&'static str),
    /// Neither an address nor a bundle.
    #[error("the packet begins with neither / nor #bundle")]
    Start,
    /// A type that is not read.
    #[error("an argument has the type {0:?}, which is not read")]
    Type(char),
    /// Nested too deep, or too many messages or arguments.
    #[error("the packet has more than {limit} {what}")]
    Bound {
        /// What there is too much of.
        what: &'static str,
        /// How much may be.
        limit: usize,
    },
}

/// The messages of a packet in order, bundles flattened; time tags are not kept, as performers send what holds now.
///
/// # Errors
///
/// [`OscError`]; nothing of a broken packet is given.
pub fn parse(packet: &[u8]) -> Result<Vec<Message>, OscError> {
    if packet.len() > MAX_PACKET_BYTES {
        return Err(OscError::TooLarge(packet.len()));
    }
    let mut messages = Vec::new();
    element(packet, 0, &mut messages)?;
    Ok(messages)
}

/// A packet of one bundle that holds now; as many bundles as are needed to stay below `most_bytes` each.
///
/// A message that is larger alone has its own packet.
#[must_use]
pub fn bundles(messages: &[Message], most_bytes: usize) -> Vec<Vec<u8>> {
    const START: &[u8] = b"#bundle\0\0\0\0\0\0\0\0\x01";
    let mut packets: Vec<Vec<u8>> = Vec::new();
    for message in messages {
        let bytes = message.to_bytes();
        let fits = packets.last().is_some_and(|packet| packet.len() + 4 + bytes.len() <= most_bytes);
        if !fits {
            packets.push(START.to_vec());
        }
        if let Some(packet) = packets.last_mut() {
            packet.extend((bytes.len() as u32).to_be_bytes());
            packet.extend(bytes);
        }
    }
    packets
}

impl Message {
    /// The message as a packet of its own.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_text(&mut out, &self.address);
        let types: String = std::iter::once(',').chain(self.arguments.iter().map(type_of)).collect();
        put_text(&mut out, &types);
        for argument in &self.arguments {
            match argument {
                Argument::Int(x) => out.extend(x.to_be_bytes()),
                Argument::Long(x) => out.extend(x.to_be_bytes()),
                Argument::Float(x) => out.extend(x.to_be_bytes()),
                Argument::Double(x) => out.extend(x.to_be_bytes()),
                Argument::Text(text) => put_text(&mut out, text),
                Argument::Blob(bytes) => {
                    out.extend((bytes.len() as u32).to_be_bytes());
                    out.extend(bytes);
                    out.resize(out.len().next_multiple_of(4), 0);
                }
                Argument::Bool(_) | Argument::Nothing => {}
            }
        }
        out
    }
}

fn type_of(argument: &Argument) -> char {
    match argument {
        Argument::Int(_) => 'i',
        Argument::Long(_) => 'h',
        Argument::Float(_) => 'f',
        Argument::Double(_) => 'd',
        Argument::Text(_) => 's',
        Argument::Blob(_) => 'b',
        Argument::Bool(true) => 'T',
        Argument::Bool(false) => 'F',
        Argument::Nothing => 'N',
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    // A zero ends a text.
    out.extend(text.bytes().filter(|byte| *byte != 0));
    out.push(0);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn element(bytes: &[u8], depth: usize, messages: &mut Vec<Message>) -> Result<(), OscError> {
    if bytes.first() == Some(&b'/') {
        if messages.len() == MAX_MESSAGES {
            return Err(OscError::Bound { what: "messages", limit: MAX_MESSAGES });
        }
        messages.push(message(bytes)?);
        return Ok(());
    }
    let Some(mut rest) = bytes.strip_prefix(b"#bundle\0") else { return Err(OscError::Start) };
    if depth == MAX_DEPTH {
        return Err(OscError::Bound { what: "bundles within bundles", limit: MAX_DEPTH });
    }
    take::<8>(&mut rest, "a time tag")?;
    while !rest.is_empty() {
        let size = u32::from_be_bytes(take(&mut rest, "the size of an element")?) as usize;
        let (inner, after) = rest.split_at_checked(size).ok_or(OscError::Truncated("an element"))?;
        // An empty element means nothing and some senders pad with them.
        if !inner.is_empty() {
            element(inner, depth + 1, messages)?;
        }
        rest = after;
    }
    Ok(())
}

fn message(mut bytes: &[u8]) -> Result<Message, OscError> {
    let address = text(&mut bytes, "an address")?;
    // Old senders leave the types out when there is no argument.
    if bytes.is_empty() {
        return Ok(Message { address, arguments: Vec::new() });
    }
    let types = text(&mut bytes, "the types")?;
    let Some(types) = types.strip_prefix(',') else { return Err(OscError::Text("the list of types")) };
    if types.chars().count() > MAX_ARGUMENTS {
        return Err(OscError::Bound { what: "arguments in a message", limit: MAX_ARGUMENTS });
    }
    let arguments = types.chars().map(|kind| argument(kind, &mut bytes)).collect::<Result<_, _>>()?;
    Ok(Message { address, arguments })
}

fn argument(kind: char, bytes: &mut &[u8]) -> Result<Argument, OscError> {
    Ok(match kind {
        'i' => Argument::Int(i32::from_be_bytes(take(bytes, "a number")?)),
        'h' => Argument::Long(i64::from_be_bytes(take(bytes, "a number")?)),
        'f' => Argument::Float(f32::from_be_bytes(take(bytes, "a number")?)),
        'd' => Argument::Double(f64::from_be_bytes(take(bytes, "a number")?)),
        's' => Argument::Text(text(bytes, "an argument")?),
        'b' => {
            let size = u32::from_be_bytes(take(bytes, "the size of a blob")?) as usize;
            let (blob, _) = bytes.split_at_checked(size).ok_or(OscError::Truncated("a blob"))?;
            let blob = blob.to_vec();
            *bytes = bytes.get(size.next_multiple_of(4)..).ok_or(OscError::Truncated("a blob"))?;
            Argument::Blob(blob)
        }
        'T' => Argument::Bool(true),
        'F' => Argument::Bool(false),
        'N' | 'I' => Argument::Nothing,
        other => return Err(OscError::Type(other)),
    })
}

fn text(bytes: &mut &[u8], what: &'static str) -> Result<String, OscError> {
    let end = bytes.iter().position(|byte| *byte == 0).ok_or(OscError::Truncated(what))?;
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_not_utf8| OscError::Text(what))?.to_owned();
    *bytes = bytes.get((end + 1).next_multiple_of(4)..).ok_or(OscError::Truncated(what))?;
    Ok(text)
}

fn take<const N: usize>(bytes: &mut &[u8], what: &'static str) -> Result<[u8; N], OscError> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or(OscError::Truncated(what))?;
    *bytes = rest;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Message {
        Message {
            address: "/VMC/Ext/Blend/Val".into(),
            arguments: vec![
                Argument::Text("jawOpen".into()),
                Argument::Float(0.25),
                Argument::Int(-7),
                Argument::Blob(vec![1, 2, 3]),
                Argument::Bool(true),
                Argument::Long(1 << 40),
                Argument::Double(0.5),
            ],
        }
    }

    #[test]
    fn a_message_has_the_bytes_of_the_specification() {
        // The specification's own example: /oscillator/4/frequency with the float 440.
        let message =
            Message { address: "/oscillator/4/frequency".into(), arguments: vec![Argument::Float(440.0)] };
        let expect = b"/oscillator/4/frequency\0,f\0\0\x43\xdc\0\0";
        assert_eq!(message.to_bytes(), expect);
        assert_eq!(parse(expect), Ok(vec![message]));
    }

    #[test]
    fn what_is_written_is_read_again_also_in_bundles() {
        let all = vec![sample(); 40];
        let packets = bundles(&all, 600);
        assert!(packets.len() > 1 && packets.iter().all(|packet| packet.len() <= 600));
        let read: Vec<Message> = packets.iter().flat_map(|p| parse(p).expect("our own bytes")).collect();
        assert_eq!(read, all);
    }

    #[test]
    fn garbage_is_named() {
        let nested = |depth: usize| {
            let mut packet = Message { address: "/x".into(), arguments: vec![] }.to_bytes();
            for _ in 0..depth {
                let size = packet.len() as u32;
                packet = [&b"#bundle\0\0\0\0\0\0\0\0\x01"[..], &size.to_be_bytes(), &packet].concat();
            }
            packet
        };
        assert_eq!(parse(&nested(MAX_DEPTH)).map(|m| m.len()), Ok(1));
        assert!(matches!(parse(&nested(3000)), Err(OscError::Bound { .. })));
        for (bytes, expect) in [
            (&b""[..], OscError::Start),
            (b"GET / HTTP/1.1\r\n", OscError::Start),
            (b"/x", OscError::Truncated("an address")),
            (b"/x\0\0,f\0\0\0", OscError::Truncated("a number")),
            (b"/x\0\0,q\0\0", OscError::Type('q')),
            (b"/\xff\0\0,f\0\0", OscError::Text("an address")),
            (b"/x\0\0,b\0\0\xff\xff\xff\xff", OscError::Truncated("a blob")),
            (b"#bundle\0\0\0\0\0\0\0\0\x01\x7f\xff\xff\xff", OscError::Truncated("an element")),
        ] {
            assert_eq!(parse(bytes), Err(expect), "{bytes:?}");
        }
        let many = Message { address: "/x".into(), arguments: vec![Argument::Nothing; MAX_ARGUMENTS + 1] };
        assert!(matches!(parse(&many.to_bytes()), Err(OscError::Bound { .. })));
        assert!(matches!(parse(&vec![b'/'; MAX_PACKET_BYTES + 1]), Err(OscError::TooLarge(_))));
    }
}
