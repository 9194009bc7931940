// The flow-net's mel front end: the kernels of the passes of the same names in shaders/wgsl, where inputs, outputs and sizes
// are described. Blocks of 64 threads: one frequency, or one band, of one frame each.

struct MelBand {
    unsigned first_bin;
    unsigned first_weight;
    unsigned weights;
    unsigned spare0;
};

extern "C" __global__ void mel_power(const float* samples, const float* window, const float* circle, float* power, unsigned frames, unsigned hop, unsigned length, unsigned points) {
    const unsigned id = blockIdx.x * blockDim.x + threadIdx.x;
    const unsigned bins = points / 2 + 1;
    if (id >= frames * bins) {
        return;
    }
    const unsigned bin = id % bins;
    const float* frame = samples + (id / bins) * hop;
    float real = 0.0f;
    float imaginary = 0.0f;
    for (unsigned i = 0; i < length; i++) {
        const float sample = frame[i] * window[i];
        const unsigned angle = (i * bin) % points;
        real += circle[2 * angle] * sample;
        imaginary += circle[2 * angle + 1] * sample;
    }
    power[id] = real * real + imaginary * imaginary;
}

extern "C" __global__ void mel_bands(const float* power, const MelBand* bands, const float* weights, float* log_mel, unsigned frames, unsigned bins, unsigned count, float floor) {
    const unsigned id = blockIdx.x * blockDim.x + threadIdx.x;
    if (id >= frames * count) {
        return;
    }
    const MelBand band = bands[id % count];
    const float* first = power + (id / count) * bins + band.first_bin;
    float sum = 0.0f;
    for (unsigned i = 0; i < band.weights; i++) {
        sum += first[i] * weights[band.first_weight + i];
    }
    log_mel[id] = log10f(fmaxf(sum, floor));
}
