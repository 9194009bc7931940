//! Virtual Motion Capture protocol: a face in motion to and from programs of performers, over OSC.
//!
//! Sans-IO: [`packets`] gives the datagrams of a pose, [`Receiver`] takes datagrams and gives poses. Sockets stay with the caller.
//!
//! Bones turn as in Unity: left-handed, x to the avatar's right, y up, z out of the face, relative to the parent bone. Sent are
//! `Head`, `LeftEye` and `RightEye`; received is also `Neck`, whose turn is added to the head's.
//!
//! **Source**: "`VMCProtocol` specification", performer to marionette, messages `OK`, `T`, `Bone/Pos`, `Blend/Val`, `Blend/Apply`.

use std::collections::BTreeMap;

use glam::{EulerRot, Quat};
use viva_media::{Blendshape, Blendshapes, FacePose, Radians, Timestamp};

use crate::live_link::pascal;
use crate::osc::{self, Argument, Message, OscError};
use crate::shapes::names::{Spelling, spelling};
use crate::vrm::{presets_of, weights_of_preset};

/// Where a marionette (the program that shows) listens by custom.
pub const MARIONETTE_PORT: u16 = 39_539;
/// Datagrams stay below the usual size of an Ethernet frame, so that none is split on the way.
const MOST_BYTES: usize = 1400;
/// Names that a receiver keeps; a sender of other avatars may have some hundred.
const MAX_NAMES: usize = 1024;

/// Under which names blendshapes are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// `JawOpen`: "perfect sync", what programs for VRM avatars look for.
    #[default]
    Pascal,
    /// `jawOpen`, as in ARKit.
    Camel,
    /// The presets of VRM 0.x (`A`, `I`, `U`, `E`, `O`, `Blink_L`, `Blink_R`, `Joy`), for avatars without the 52 shapes.
    Presets,
}

/// The datagrams of one pose, to be sent in order.
#[must_use]
pub fn packets(pose: &FacePose, naming: Naming) -> Vec<Vec<u8>> {
    let message =
        |address: &str, arguments: Vec<Argument>| Message { address: address.to_owned(), arguments };
    let mut all = vec![
        message("/VMC/Ext/OK", vec![Argument::Int(1)]),
        message("/VMC/Ext/T", vec![Argument::Float(pose.at.as_secs() as f32)]),
    ];
    let head = turn(pose.head_yaw, pose.head_pitch, pose.head_roll);
    let eye = turn(pose.gaze_yaw, pose.gaze_pitch, Radians(0.0));
    for (bone, rotation) in [("Head", head), ("LeftEye", eye), ("RightEye", eye)] {
        let mut arguments = vec![Argument::Text(bone.to_owned())];
        let [x, y, z, w] = to_unity(rotation).to_array();
        arguments.extend([0.0, 0.0, 0.0, x, y, z, w].map(Argument::Float));
        all.push(message("/VMC/Ext/Bone/Pos", arguments));
    }
    let named: Vec<(String, f32)> = match naming {
        Naming::Pascal => Blendshape::ALL.into_iter().map(|s| (pascal(s), pose.weights[s])).collect(),
        Naming::Camel => {
            Blendshape::ALL.into_iter().map(|s| (s.name().to_owned(), pose.weights[s])).collect()
        }
        Naming::Presets => {
            presets_of(&pose.weights).into_iter().map(|(name, weight)| (name.to_owned(), weight)).collect()
        }
    };
    all.extend(named.into_iter().map(|(name, weight)| {
        message("/VMC/Ext/Blend/Val", vec![Argument::Text(name), Argument::Float(weight)])
    }));
    all.push(message("/VMC/Ext/Blend/Apply", vec![]));
    osc::bundles(&all, MOST_BYTES)
}

/// What a receiver has taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Datagrams that were OSC.
    pub packets: u64,
    /// Datagrams that were not.
    pub broken: u64,
    /// Messages of the protocol that were used.
    pub used: u64,
    /// Messages of others, or of kinds that a face does not need.
    pub passed_over: u64,
}

/// Puts the messages of a sender together to poses; keeps the last value of each name until it changes.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    shapes: BTreeMap<String, f32>,
    pending: BTreeMap<String, f32>,
    bones: BTreeMap<&'static str, Quat>,
    counts: Received,
}

impl Receiver {
    /// Takes a datagram that came at `at`; gives the pose where it completes one (`/VMC/Ext/Blend/Apply`).
    ///
    /// # Errors
    ///
    /// [`OscError`] where it is no OSC; the state is as before.
    pub fn push(&mut self, at: Timestamp, datagram: &[u8]) -> Result<Option<FacePose>, OscError> {
        let messages = osc::parse(datagram).inspect_err(|_| self.counts.broken += 1)?;
        self.counts.packets += 1;
        let mut is_complete = false;
        for message in &messages {
            let used = match message.address.as_str() {
                "/VMC/Ext/Blend/Val" => self.value(&message.arguments),
                "/VMC/Ext/Blend/Apply" => {
                    self.shapes.append(&mut self.pending);
                    is_complete = true;
                    true
                }
                "/VMC/Ext/Bone/Pos" => self.bone(&message.arguments),
                _ => false,
            };
            if used {
                self.counts.used += 1;
            } else {
                self.counts.passed_over += 1;
            }
        }
        // Once per datagram: who sends a thousand times "apply" gets one pose.
        Ok(is_complete.then(|| self.pose(at)))
    }

    /// What came so far.
    #[must_use]
    pub fn counts(&self) -> Received {
        self.counts
    }

    /// Names that moved but mean nothing here, in order.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let is_known =
            |name: &str| matches!(spelling(name), Spelling::Shape(_)) || weights_of_preset(name).is_some();
        self.shapes.keys().map(String::as_str).filter(move |name| !is_known(name))
    }

    fn value(&mut self, arguments: &[Argument]) -> bool {
        let [name, value, ..] = arguments else { return false };
        let (Some(name), Some(value)) = (name.text(), value.number()) else { return false };
        let known = self.pending.contains_key(name) || self.pending.len() < MAX_NAMES;
        let room = self.shapes.contains_key(name) || self.shapes.len() < MAX_NAMES;
        if !known || !room || name.len() > 128 {
            return false;
        }
        self.pending.insert(name.to_owned(), value.clamp(0.0, 1.0));
        true
    }

    fn bone(&mut self, arguments: &[Argument]) -> bool {
        let [name, numbers @ ..] = arguments else { return false };
        let bone = match name.text() {
            Some("Head") => "Head",
            Some("Neck") => "Neck",
            Some("LeftEye") => "LeftEye",
            Some("RightEye") => "RightEye",
            _ => return false,
        };
        let numbers: Option<Vec<f32>> = numbers.iter().map(Argument::number).collect();
        let Some([_, _, _, x, y, z, w]) = numbers.as_deref() else { return false };
        let rotation = Quat::from_xyzw(*x, *y, *z, *w);
        // What is far from a unit is no rotation.
        if !(0.25..4.0).contains(&rotation.length_squared()) {
            return false;
        }
        self.bones.insert(bone, from_unity(rotation.normalize()));
        true
    }

    fn pose(&self, at: Timestamp) -> FacePose {
        let mut pose = FacePose::neutral(at);
        pose.weights = self.weights();
        let bone = |name| self.bones.get(name).copied().unwrap_or(Quat::IDENTITY);
        let angles = |rotation: Quat| rotation.to_euler(EulerRot::YXZ);
        let (yaw, pitch, roll) = angles(bone("Neck") * bone("Head"));
        (pose.head_yaw, pose.head_pitch, pose.head_roll) = (Radians(yaw), Radians(pitch), Radians(roll));
        let (left, right) = (angles(bone("LeftEye")), angles(bone("RightEye")));
        pose.gaze_yaw = Radians((left.0 + right.0) * 0.5);
        pose.gaze_pitch = Radians((left.1 + right.1) * 0.5);
        pose
    }

    /// ARKit names win over presets, which say less.
    fn weights(&self) -> Blendshapes {
        let mut weights = Blendshapes::default();
        let named: Vec<(Blendshape, f32)> = self
            .shapes
            .iter()
            // `Blink_L` is a preset first.
            .filter(|(name, _)| weights_of_preset(name).is_none())
            .filter_map(|(name, value)| match spelling(name) {
                Spelling::Shape(shape) => Some((shape, *value)),
                _ => None,
            })
            .collect();
        if named.is_empty() {
            for (name, value) in &self.shapes {
                for (shape, share) in weights_of_preset(name).unwrap_or_default() {
                    weights[*shape] = (weights[*shape] + share * value).min(1.0);
                }
            }
        }
        for (shape, value) in named {
            weights[shape] = weights[shape].max(value);
        }
        weights
    }
}

/// The rotation of a head or eye in Viva's space.
fn turn(yaw: Radians, pitch: Radians, roll: Radians) -> Quat {
    Quat::from_euler(EulerRot::YXZ, yaw.0, pitch.0, roll.0)
}

/// Mirrors x, on which both spaces differ.
fn to_unity(rotation: Quat) -> Quat {
    Quat::from_xyzw(rotation.x, -rotation.y, -rotation.z, rotation.w)
}

fn from_unity(rotation: Quat) -> Quat {
    to_unity(rotation)
}
