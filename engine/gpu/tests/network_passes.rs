//! Each pass of the networks gives on the device what its CPU twin gives.

use viva_gpu::Gpu;
use viva_gpu::wgpu::{self, BufferUsages};
use viva_shaders::NetworkPass;
use viva_shaders::cpu::{flow_block, flow_count, flow_heads, flow_stem, mel_bands, mel_power};
use viva_shaders::networks::{
    FlowBlock, FlowCount, FlowHeads, FlowStem, FlowTick, MOST_ROW, MelBand, MelBands, MelPower,
};

/// A seeded stream of numbers in -1..1.
struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
    }

    fn row(&mut self, count: usize, scale: f32) -> Vec<f32> {
        (0..count).map(|_| self.next() * scale).collect()
    }
}

fn gpu() -> Gpu {
    Gpu::headless().expect("a graphics driver is installed (mesa-vulkan-drivers)")
}

/// A buffer that a pass may change and that can be read back.
fn state(gpu: &Gpu, values: &[f32]) -> wgpu::Buffer {
    gpu.buffer("test.state", values, BufferUsages::STORAGE | BufferUsages::COPY_SRC)
}

fn tick_buffer(gpu: &Gpu, tick: &FlowTick, features: &[f32]) -> wgpu::Buffer {
    let mut words = vec![tick.index, tick.in_turn, tick.spare0, tick.spare1];
    words.extend(features.iter().map(|value| value.to_bits()));
    words.push(0);
    gpu.storage("test.tick", &words)
}

fn run(gpu: &Gpu, pass: NetworkPass, buffers: &[&wgpu::Buffer], workgroups: u32) {
    let module = gpu.shader("test.shader", &pass.source());
    let pipeline = gpu.device().create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("test.pipeline"),
        layout: None,
        module: &module,
        entry_point: Some(pass.name()),
        compilation_options: Default::default(),
        cache: None,
    });
    let entries: Vec<_> = (0..)
        .zip(buffers)
        .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
        .collect();
    let group = gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("test.group"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &entries,
    });
    let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    pass.set_pipeline(&pipeline);
    pass.set_bind_group(0, &group, &[]);
    pass.dispatch_workgroups(workgroups, 1, 1);
    drop(pass);
    gpu.queue().submit([encoder.finish()]);
}

fn read(gpu: &Gpu, buffer: &wgpu::Buffer) -> Vec<f32> {
    gpu.read(buffer).expect("the device answers")
}

fn assert_close(name: &str, device: &[f32], twin: &[f32], tolerance: f32) {
    assert!(device.len() >= twin.len() && !twin.is_empty(), "{name}");
    for (index, (d, t)) in device.iter().zip(twin).enumerate() {
        assert!(t.is_finite() && (d - t).abs() <= tolerance * (1.0 + t.abs()), "{name} {index}: {d}, {t}");
    }
}

#[test]
fn flow_stem_agrees() {
    let gpu = gpu();
    // The network's own sizes, sizes that do not divide, one channel of one feature, the longest row; then all zeros.
    for (seed, features, channels, scale) in
        [(1, 121, 128, 1.0), (2, 37, 201, 1.0), (3, 1, 1, 1.0), (4, MOST_ROW, 7, 1.0), (5, 121, 128, 0.0)]
    {
        let mut numbers = Numbers(seed);
        let size = FlowStem { features: features as u32, channels: channels as u32, ..FlowStem::default() };
        let row = numbers.row(features, scale);
        let weights = numbers.row(2 * features + (features + 1) * channels, scale);
        let x = state(&gpu, &vec![9.0; channels]);
        let buffers = [
            &gpu.uniform("test.size", &size),
            &tick_buffer(&gpu, &FlowTick::default(), &row),
            &gpu.storage("test.weights", &weights),
            &x,
        ];
        run(&gpu, NetworkPass::FlowStem, &buffers, 1);
        let twin = flow_stem::flow_stem(&size, &row, &weights);
        assert!(scale == 0.0 || channels == 1 || twin.iter().any(|v| *v > 0.1), "the inputs say something");
        assert_close("flow_stem", &read(&gpu, &x), &twin, 1e-5);
    }
}

#[test]
fn flow_block_agrees_tick_after_tick() {
    let gpu = gpu();
    for (seed, channels, dilation, first) in
        [(1, 128, 4, 0), (2, 77, 1, 5), (3, 1, 2, 0), (4, 170, 8, u32::MAX - 6), (5, 13, 32, 60)]
    {
        let mut numbers = Numbers(seed);
        let size = FlowBlock { channels: channels as u32, dilation, ..FlowBlock::default() };
        let weights = numbers.row((4 * channels + 2) * channels, 0.1);
        let mut past = numbers.row(2 * dilation as usize * channels, 1.0);
        let device_past = state(&gpu, &past);
        let weights_buffer = gpu.storage("test.weights", &weights);
        // Longer than the ring, so that every row is written and read again.
        for step in 0..2 * dilation + 3 {
            let tick = FlowTick { index: first.wrapping_add(step), ..FlowTick::default() };
            let mut x = numbers.row(channels, 1.0);
            let device_x = state(&gpu, &x);
            let buffers = [
                &gpu.uniform("test.size", &size),
                &tick_buffer(&gpu, &tick, &[]),
                &weights_buffer,
                &device_past,
                &device_x,
            ];
            run(&gpu, NetworkPass::FlowBlock, &buffers, 1);
            flow_block::flow_block(&size, &tick, &weights, &mut past, &mut x);
            assert_close("flow_block", &read(&gpu, &device_x), &x, 1e-5);
        }
        assert_eq!(read(&gpu, &device_past)[..past.len()], past, "the ring holds the inputs as they were");
    }
}

#[test]
fn flow_count_agrees_and_forgets_outside_a_turn() {
    let gpu = gpu();
    for (seed, channels, counters, scale) in
        [(1, 128, 32, 0.1), (2, 77, 70, 1.0), (3, 1, 1, 1.0), (4, 128, 32, 1e4)]
    {
        let mut numbers = Numbers(seed);
        let size = FlowCount {
            channels: channels as u32,
            counters: counters as u32,
            step: 0.02,
            ..FlowCount::default()
        };
        let weights = numbers.row(2 * (channels + 1) * counters, scale);
        let mut sums = numbers.row(counters, 1.0);
        let device_sums = state(&gpu, &sums);
        for in_turn in [1, 1, 0, 1] {
            let tick = FlowTick { in_turn, ..FlowTick::default() };
            let x = numbers.row(channels, 1.0);
            let buffers = [
                &gpu.uniform("test.size", &size),
                &tick_buffer(&gpu, &tick, &[]),
                &gpu.storage("test.weights", &weights),
                &gpu.storage("test.x", &x),
                &device_sums,
            ];
            run(&gpu, NetworkPass::FlowCount, &buffers, (counters as u32).div_ceil(64));
            flow_count::flow_count(&size, &tick, &weights, &x, &mut sums);
            assert_close("flow_count", &read(&gpu, &device_sums), &sums, 1e-5);
            assert_eq!(in_turn == 0, sums.iter().all(|sum| *sum == 0.0));
        }
    }
}

#[test]
fn flow_heads_agree() {
    let gpu = gpu();
    for (seed, channels, counters, outputs, scale) in [
        (1, 128, 32, 26, 0.1),
        (2, 77, 13, 201, 0.1),
        (3, 1, 1, 1, 1.0),
        (4, 300, 212, 5, 0.1),
        (5, 128, 32, 26, 0.0),
    ] {
        let mut numbers = Numbers(seed);
        let size = FlowHeads {
            channels: channels as u32,
            counters: counters as u32,
            outputs: outputs as u32,
            ..FlowHeads::default()
        };
        let weights = numbers.row((channels + counters + 1) * channels + (channels + 1) * outputs, scale);
        let (x, sums) = (numbers.row(channels, 1.0), numbers.row(counters, 1.0));
        let logits = state(&gpu, &vec![9.0; outputs]);
        let buffers = [
            &gpu.uniform("test.size", &size),
            &gpu.storage("test.weights", &weights),
            &gpu.storage("test.x", &x),
            &gpu.storage("test.sums", &sums),
            &logits,
        ];
        run(&gpu, NetworkPass::FlowHeads, &buffers, 1);
        assert_close(
            "flow_heads",
            &read(&gpu, &logits),
            &flow_heads::flow_heads(&size, &weights, &x, &sums),
            1e-5,
        );
    }
}

#[test]
fn mel_power_agrees() {
    let gpu = gpu();
    // The front end's own sizes, sizes that do not divide, one frame of one sample, silence.
    for (seed, frames, hop, window, points, scale) in
        [(1, 2, 160, 400, 512, 1.0), (2, 3, 7, 33, 66, 1.0), (3, 1, 1, 1, 2, 1.0), (4, 2, 160, 400, 512, 0.0)]
    {
        let mut numbers = Numbers(seed);
        let size = MelPower { frames, hop, window, points };
        let samples = numbers.row(((frames - 1) * hop + window) as usize, scale);
        let shape = numbers.row(window as usize, 1.0);
        let circle: Vec<[f32; 2]> = (0..points)
            .map(|i| std::f32::consts::TAU * i as f32 / points as f32)
            .map(|angle| [angle.cos(), angle.sin()])
            .collect();
        let power = state(&gpu, &vec![9.0; (frames * (points / 2 + 1)) as usize]);
        let buffers = [
            &gpu.uniform("test.size", &size),
            &gpu.storage("test.samples", &samples),
            &gpu.storage("test.window", &shape),
            &gpu.storage("test.circle", &circle),
            &power,
        ];
        run(&gpu, NetworkPass::MelPower, &buffers, (frames * (points / 2 + 1)).div_ceil(64));
        let twin = mel_power::mel_power(&size, &samples, &shape, &circle);
        assert_close("mel_power", &read(&gpu, &power), &twin, 2e-5);
    }
}

#[test]
fn mel_bands_agree() {
    let gpu = gpu();
    for (seed, frames, bins, bands, scale) in
        [(1, 2, 257, 40, 1.0), (2, 3, 34, 23, 1e-6), (3, 1, 1, 1, 1.0), (4, 2, 257, 40, 0.0)]
    {
        let mut numbers = Numbers(seed);
        let size = MelBands { frames, bins, bands, floor: 1e-7 };
        let power: Vec<f32> =
            numbers.row((frames * bins) as usize, scale).into_iter().map(f32::abs).collect();
        let mut weights = Vec::new();
        let bands: Vec<MelBand> = (0..bands)
            .map(|band| {
                let first_bin = band * bins / bands;
                // Bands of no, one and several bins.
                let count = (band % 5).min(bins - first_bin);
                let first_weight = weights.len() as u32;
                weights.extend(numbers.row(count as usize, 1.0).into_iter().map(f32::abs));
                MelBand { first_bin, first_weight, weights: count, ..MelBand::default() }
            })
            .collect();
        let log_mel = state(&gpu, &vec![9.0; frames as usize * bands.len()]);
        let buffers = [
            &gpu.uniform("test.size", &size),
            &gpu.storage("test.power", &power),
            &gpu.storage("test.bands", &bands),
            &gpu.storage("test.weights", &weights),
            &log_mel,
        ];
        run(&gpu, NetworkPass::MelBands, &buffers, (frames * bands.len() as u32).div_ceil(64));
        assert_close(
            "mel_bands",
            &read(&gpu, &log_mel),
            &mel_bands::mel_bands(&size, &power, &bands, &weights),
            1e-5,
        );
    }
}
