// What one tick brings to the flow-net.
struct FlowTick {
    // Ticks since the memory was empty.
    index: u32,
    // 1 while a turn of the candidate runs.
    in_turn: u32,
    spare0: u32,
    spare1: u32,
    features: array<f32>,
}
