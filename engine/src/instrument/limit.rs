//! What the parts of a voice take when nothing but their arithmetic counts: the bound a voice's cost is held against.
//! Source: PERFORMANCE 0, the limits of floating-point issue on the reference core at AVX2. In/out: ns per frame.

/// A saw among others (PERFORMANCE 0: seven of them, a filter, envelope and pan take 0.685).
pub const SAW: f32 = 0.076;
/// A sine among others (sixteen take 1.117).
pub const SINE: f32 = 0.070;
/// A state-variable filter on two channels: what the string voice has besides its saws.
pub const FILTER: f32 = 0.153;
/// Eight resonances side by side (a saw and five take 0.694).
pub const RESONANCES: f32 = 0.618;
/// Noise in a band.
pub const NOISE: f32 = 0.169;
/// A mode that rings freely (24 take 0.846).
pub const MODE: f32 = 0.0353;
/// A mode that is driven (24 take 1.252).
pub const DRIVEN_MODE: f32 = 0.0522;
/// A plucked string.
pub const PLUCK: f32 = 0.102;
/// A soft clipper on two channels: a division counts ten slots of 256 bits (the pad's, PERFORMANCE 0).
pub const CLIP: f32 = 0.11;
/// A soft clipper on two channels at twice the rate. Two half-band filters of eight pairs of taps make the frames between
/// and take them away again, and the clipper bends both halves: 52 products, 68 sums and 56 other slots (two divisions of
/// ten a channel) of one lane in eight, four a cycle at 3.694 GHz (PERFORMANCE 0).
pub const DRIVE: f32 = 1.49;
/// The hall for one of its eight stems: the network of PERFORMANCE 0 takes 0.643, and ours has twelve reflections, four
/// diffusers, lines that drift and two corners in each besides. 89 products, 119 sums and 12 other slots of one lane in
/// eight, two sums a cycle at 3.694 GHz.
pub const HALL: f32 = 2.01;
