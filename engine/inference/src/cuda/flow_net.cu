// The flow-net's streaming step: the kernels of the passes of the same names in shaders/wgsl, where inputs, outputs and sizes
// are described. Each is launched with one block of 128 threads (flow_count: 64), one channel each: all of a layer's outputs
// must be there before the next layer begins, and neighbouring threads read neighbouring weights.

#define MOST_ROW 512

// index: ticks since the memory was empty; in_turn: 1 while a turn of the candidate runs; two unused; then the features.
#define TICK_HEAD 4

// One output of a layer whose weight is [inputs, outputs]; four partial sums hide the latency of an addition.
__device__ float layer(const float* __restrict__ weight, const float* row, unsigned inputs, unsigned outputs, unsigned output) {
    float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    unsigned i = 0;
    for (; i + 4 <= inputs; i += 4) {
#pragma unroll
        for (unsigned lane = 0; lane < 4; lane++) {
            sums[lane] += weight[(i + lane) * outputs + output] * row[i + lane];
        }
    }
    for (; i < inputs; i++) {
        sums[0] += weight[i * outputs + output] * row[i];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

extern "C" __global__ void flow_stem(const unsigned* tick, const float* weights, float* x, unsigned features, unsigned channels) {
    __shared__ float row[MOST_ROW];
    const float* heard = reinterpret_cast<const float*>(tick + TICK_HEAD);
    for (unsigned i = threadIdx.x; i < features; i += blockDim.x) {
        row[i] = (heard[i] - weights[i]) * weights[features + i];
    }
    __syncthreads();
    const float* weight = weights + 2 * features;
    const float* bias = weight + features * channels;
    for (unsigned c = threadIdx.x; c < channels; c += blockDim.x) {
        x[c] = fmaxf(layer(weight, row, features, channels, c) + bias[c], 0.0f);
    }
}

extern "C" __global__ void flow_block(const unsigned* tick, const float* weights, float* past, float* x, unsigned channels, unsigned dilation) {
    __shared__ float taps[MOST_ROW];
    __shared__ float inner[MOST_ROW];
    const unsigned slots = 2 * dilation;
    const unsigned now = (tick[0] % slots) * channels;
    const unsigned half = ((tick[0] + dilation) % slots) * channels;
    for (unsigned c = threadIdx.x; c < channels; c += blockDim.x) {
        taps[c] = x[c];
        taps[channels + c] = past[half + c];
        taps[2 * channels + c] = past[now + c];
        past[now + c] = x[c];
    }
    __syncthreads();
    const float* taps_bias = weights + 3 * channels * channels;
    for (unsigned c = threadIdx.x; c < channels; c += blockDim.x) {
        inner[c] = fmaxf(layer(weights, taps, 3 * channels, channels, c) + taps_bias[c], 0.0f);
    }
    __syncthreads();
    const float* out = taps_bias + channels;
    const float* out_bias = out + channels * channels;
    for (unsigned c = threadIdx.x; c < channels; c += blockDim.x) {
        x[c] += layer(out, inner, channels, channels, c) + out_bias[c];
    }
}

extern "C" __global__ void flow_count(const unsigned* tick, const float* weights, const float* x, float* sums, unsigned channels, unsigned counters, float step) {
    const unsigned k = blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= counters) {
        return;
    }
    if (tick[1] == 0) {
        sums[k] = 0.0f;
        return;
    }
    const float* gates = weights;
    const float* values = weights + (channels + 1) * counters;
    const float gate = layer(gates, x, channels, counters, k) + gates[channels * counters + k];
    const float value = layer(values, x, channels, counters, k) + values[channels * counters + k];
    // Beyond this bound the gate has reached its end, and expf would leave the range.
    const float open = 1.0f / (1.0f + expf(fminf(fmaxf(-gate, -80.0f), 80.0f)));
    sums[k] += step * open * tanhf(value);
}

extern "C" __global__ void flow_heads(const float* weights, const float* x, const float* sums, float* logits, unsigned channels, unsigned counters, unsigned outputs) {
    __shared__ float joined[MOST_ROW];
    __shared__ float hidden[MOST_ROW];
    const unsigned width = channels + counters;
    for (unsigned i = threadIdx.x; i < width; i += blockDim.x) {
        joined[i] = i < channels ? x[i] : sums[i - channels];
    }
    __syncthreads();
    const float* bias = weights + width * channels;
    for (unsigned c = threadIdx.x; c < channels; c += blockDim.x) {
        hidden[c] = fmaxf(layer(weights, joined, width, channels, c) + bias[c], 0.0f);
    }
    __syncthreads();
    const float* heads = bias + channels;
    const float* heads_bias = heads + channels * outputs;
    for (unsigned o = threadIdx.x; o < outputs; o += blockDim.x) {
        logits[o] = layer(heads, hidden, channels, outputs, o) + heads_bias[o];
    }
}
