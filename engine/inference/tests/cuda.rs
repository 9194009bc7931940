//! The CUDA kernels: compiled to PTX where there is a compiler, compared with the CPU where there is a device.
//!
//! `VIVA_NVRTC` names the compiler's library file; without it the loader's own is tried, then the one that
//! `viva models fetch cuda-nvrtc` puts into the cache. A test that lacks what it needs says so and passes.
#![cfg(feature = "cuda")]
#![allow(clippy::print_stderr, reason = "a test that did not run must say so")]

mod common;

use std::path::PathBuf;

use viva_floor::forecast::Forecaster as _;
use viva_inference::cuda::{self, CudaDevice, CudaError, CudaFlowNet, CudaLogMel, SOURCES};
use viva_inference::flow_net::{FlowNet, flow_net_weights};
use viva_perception::voice::{MEL_BANDS, MEL_FRAMES, MelStream};

fn compiler() -> Option<PathBuf> {
    let named = std::env::var_os("VIVA_NVRTC").map(PathBuf::from);
    named.or_else(|| {
        let cached = common::asset_path("cuda-nvrtc").join("libnvrtc.so.12");
        cached.is_file().then_some(cached)
    })
}

/// False, with a line that says why, where there is no compiler; a compiler that was named must be there.
fn has_compiler() -> bool {
    match cuda::load_compiler(compiler().as_deref()) {
        Ok(()) => true,
        Err(error) => {
            assert!(std::env::var_os("VIVA_NVRTC").is_none(), "{error}");
            eprintln!("SKIPPED, the kernels were not compiled: {error}");
            false
        }
    }
}

fn device() -> Option<CudaDevice> {
    match cuda::open(compiler().as_deref()) {
        Ok(device) => Some(device),
        Err(error) => {
            eprintln!("SKIPPED, the kernels have not run on a device: {error}");
            None
        }
    }
}

#[test]
fn the_kernels_compile_to_ptx_with_their_entry_points() {
    if !has_compiler() {
        return;
    }
    for (file, source, entries) in SOURCES {
        let ptx = cuda::compile(file, source, (9, 0)).expect("the compiler takes our own kernels").to_src();
        assert!(
            ptx.contains(".target sm_75"),
            "{file}: for the oldest generation, which every later one runs"
        );
        let found: Vec<&str> = ptx
            .lines()
            .filter_map(|line| line.split_once(".visible .entry "))
            .map(|(_, name)| name.trim_end_matches('('))
            .collect();
        assert_eq!(found, entries, "{file}");
        for entry in entries {
            let body = ptx.split_once(&format!(".entry {entry}(")).expect("is there").1;
            let body = body.split(".visible .entry").next().expect("has a body");
            assert!(
                body.contains("fma.rn.f32") && body.contains("st.global.f32"),
                "{entry} computes nothing"
            );
        }
    }
}

#[test]
fn what_the_compiler_refuses_is_told_in_its_own_words() {
    if !has_compiler() {
        return;
    }
    let Err(CudaError::Compile { file, reason }) =
        cuda::compile("bad.cu", "__global__ void f() { no; }", (9, 0))
    else {
        panic!("this is no kernel");
    };
    assert!(file == "bad.cu" && reason.contains("bad.cu(1)") && reason.contains("\"no\""), "{reason}");
}

#[test]
fn a_machine_without_a_compiler_is_told_what_helps() {
    let error =
        cuda::load_compiler(Some(std::path::Path::new("no/such/libnvrtc.so"))).expect_err("is not there");
    assert!(
        error.to_string().contains("nvidia-cuda-nvrtc-cu12") && error.to_string().contains("no/such"),
        "{error}"
    );
}

#[test]
fn the_device_agrees_with_the_cpu_on_the_golden_tensors() {
    let Some(device) = device() else { return };
    let weights = flow_net_weights(viva_models::FLOW_NET.to_vec()).expect("our own weights");
    let mut net = CudaFlowNet::new(&device, &weights).expect("the device takes the network");
    let mut judge = FlowNet::new(weights);
    let golden = common::Golden::read("flow_net");
    let width = golden.shape("features")[1];
    let rows = || golden.get("features").chunks_exact(width).zip(golden.get("in_turn"));
    let first: Vec<_> =
        rows().map(|(row, turn)| net.logits(row, *turn > 0.0).expect("the device answers")).collect();
    for ((row, turn), found) in rows().zip(&first) {
        let judged = judge.logits(row, *turn > 0.0);
        assert!(common::difference(found, &judged) < 1e-3, "{found:?} against {judged:?}");
    }
    net.reset();
    let again: Vec<_> = rows().map(|(row, turn)| net.logits(row, *turn > 0.0).expect("answers")).collect();
    assert_eq!(first, again, "a reset forgets everything, and the same ticks give the same numbers");
}

#[test]
fn the_mel_front_end_agrees_with_the_cpu() {
    let Some(device) = device() else { return };
    let (mut mel, mut judge) = (CudaLogMel::new(&device).expect("the device takes it"), MelStream::default());
    for block in common::speech().chunks(320) {
        let (mut found, mut judged) = ([0.0; MEL_FRAMES * MEL_BANDS], [0.0; MEL_FRAMES * MEL_BANDS]);
        mel.step(block, &mut found).expect("the device answers");
        judge.step(block, &mut judged);
        assert!(common::difference(&found, &judged) < 2e-2);
    }
}
