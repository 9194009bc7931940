//! `viva avatar vmc`: a face over the network, to and from programs of performers.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use viva_avatar::FaceTake;
use viva_avatar::osc::MAX_PACKET_BYTES;
use viva_avatar::take::MAX_POSES;
use viva_avatar::vmc::{Receiver, packets};
use viva_media::Timestamp;

use super::arguments::{ReceiveArgs, SendArgs, VmcCommand};
use super::take::{kind_of, read_take, tell, write_take};
use crate::commands::{say, say_json, warn};

/// How long a read waits, so that Ctrl-C is heard.
const LISTEN: Duration = Duration::from_millis(100);
/// How long what has already come is taken in after Ctrl-C, where the performer does not pause.
const TAKE_IN: Duration = Duration::from_millis(500);

pub(super) fn run(command: &VmcCommand) -> Result<()> {
    match command {
        VmcCommand::Send(args) => send(args),
        VmcCommand::Receive(args) => receive(args),
    }
}

fn send(args: &SendArgs) -> Result<()> {
    let take = read_take(&args.take, &args.reading)?;
    let take = take.resampled(args.rate).context("at that rate the take would be too long")?;
    let own = if args.to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(own).context("the system gives no UDP socket")?;
    socket.connect(args.to).with_context(|| format!("no way to {}", args.to))?;
    let stop = stop_sign()?;
    let begin = now();
    let (mut sent, mut refused) = (0_u64, 0_u64);
    'takes: for round in 0_u64.. {
        // The last pose of a round and the first of the next are a step apart.
        let offset = (take.duration().as_secs() + 1.0 / args.rate) * round as f64;
        for pose in take.poses() {
            let due = begin + Duration::from_secs_f64(offset + pose.at.as_secs());
            sleep_until(due);
            if stop.load(Ordering::Relaxed) {
                break 'takes;
            }
            for packet in packets(pose, args.names.naming()) {
                // Nobody listens yet: the system says so on the next send, and the take goes on.
                match socket.send(&packet) {
                    Ok(_) => sent += 1,
                    Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => refused += 1,
                    Err(error) => return Err(error).with_context(|| format!("cannot send to {}", args.to)),
                }
            }
        }
        if !args.again {
            break;
        }
    }
    say(format!("{sent} datagrams sent to {}", args.to));
    if refused > 0 {
        warn(format!(
            "nobody listened at {} for {refused} of them: start the receiving program first, or name its port with --to",
            args.to
        ));
    }
    Ok(())
}

fn receive(args: &ReceiveArgs) -> Result<()> {
    kind_of(&args.out)?;
    let socket = UdpSocket::bind(args.listen).with_context(|| {
        format!("cannot listen at {}: name an address of this machine and a port that no other program has with --listen", args.listen)
    })?;
    socket.set_read_timeout(Some(LISTEN)).context("the system gives no timeout")?;
    say(format!("listening at {}", socket.local_addr().unwrap_or(args.listen)));
    let stop = stop_sign()?;
    let mut receiver = Receiver::default();
    let mut poses = Vec::new();
    let mut datagram = vec![0; MAX_PACKET_BYTES];
    let begin = now();
    let mut first: Option<Instant> = None;
    let mut last_fault = None;
    let mut last_call: Option<Instant> = None;
    while poses.len() < MAX_POSES {
        let at = now();
        if stop.load(Ordering::Relaxed) && at > *last_call.get_or_insert(at + TAKE_IN) {
            break;
        }
        if first.is_none() && (at - begin).as_secs_f64() > args.patience {
            break;
        }
        if first.zip(args.secs).is_some_and(|(first, secs)| (at - first).as_secs_f64() > secs) {
            break;
        }
        let size = match socket.recv(&mut datagram) {
            Ok(size) => size,
            Err(error) if is_silence(error.kind()) && last_call.is_some() => break,
            Err(error) if is_silence(error.kind()) => continue,
            Err(error) => return Err(error).context("cannot receive"),
        };
        let since = first.map_or(Duration::ZERO, |first| now() - first);
        match receiver.push(Timestamp::from_nanos(since.as_nanos() as i64), &datagram[..size]) {
            Ok(Some(pose)) => {
                first.get_or_insert_with(now);
                poses.push(pose);
            }
            Ok(None) => {}
            Err(error) => last_fault = Some(error),
        }
    }
    let counts = receiver.counts();
    let Some(take) = FaceTake::new(poses) else {
        let heard = if counts.packets + counts.broken == 0 {
            "nothing came".to_owned()
        } else {
            format!(
                "{} OSC packets and {} others came, but no /VMC/Ext/Blend/Apply",
                counts.packets, counts.broken
            )
        };
        bail!(
            "no face was received at {}: {heard}; check address and port of the sending program",
            args.listen
        );
    };
    if let Some(fault) = last_fault {
        warn(format!("{} datagrams were left out as they are no OSC; the last: {fault}", counts.broken));
    }
    let unknown: Vec<&str> = receiver.unknown().collect();
    if !unknown.is_empty() {
        warn(format!("these shapes mean nothing here: {}", unknown.join(", ")));
    }
    write_take(&take, &args.out)?;
    if args.json {
        return say_json(&json!({
            "file": args.out, "poses": take.poses().len(), "seconds": take.duration().as_secs(), "rate_hz": take.rate_hz(),
            "packets": counts.packets, "broken": counts.broken, "messages_used": counts.used,
            "messages_passed_over": counts.passed_over, "unknown": unknown,
        }));
    }
    tell(&take, &args.out, false)
}

fn is_silence(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind as K;
    matches!(kind, K::WouldBlock | K::TimedOut | K::Interrupted | K::ConnectionRefused | K::ConnectionReset)
}

/// Becomes true at Ctrl-C.
fn stop_sign() -> Result<Arc<AtomicBool>> {
    let sign = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&sign))
        .context("cannot hear Ctrl-C")?;
    Ok(sign)
}

#[expect(clippy::disallowed_methods, reason = "a sender and a receiver are edges that own a clock")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a sender is an edge that paces itself")]
fn sleep_until(due: Instant) {
    std::thread::sleep(due.saturating_duration_since(now()));
}
