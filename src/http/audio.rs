//! The sounds of waiting, synthesised at start: a ringing tone and some music, as WAV files in
//! telephone quality. Pure; owns how they sound. Serving them is the router's.

use std::f32::consts::TAU;

/// Samples in a second; a telephone's.
const RATE: usize = 8000;

/// The ringing tone: two short rings, a pause, as British phones do it. 12 s that can be looped.
pub fn ringback() -> Vec<u8> {
    let mut samples = vec![0.0; 12 * RATE];
    for cycle in 0..4 {
        for start in [0.0, 0.6] {
            let ring = |time: f32| 0.2 * ((TAU * 400.0 * time).sin() + (TAU * 450.0 * time).sin());
            add(&mut samples, 3.0 * cycle as f32 + start, 0.4, |time| ring(time) * edges(time, 0.4));
        }
    }
    wav(&samples)
}

/// Calm music: a slow arpeggio over four chords. 16 s that can be looped, since every note has
/// died away at the end.
pub fn music() -> Vec<u8> {
    const CHORDS: [[f32; 4]; 4] = [
        [261.63, 329.63, 392.00, 523.25], // C
        [220.00, 261.63, 329.63, 440.00], // A minor
        [174.61, 220.00, 349.23, 440.00], // F
        [196.00, 246.94, 392.00, 493.88], // G
    ];
    const ORDER: [usize; 8] = [0, 1, 2, 3, 2, 1, 2, 1];
    const STEP: f32 = 0.5;
    const LENGTH: f32 = 1.0;
    let mut samples = vec![0.0; 16 * RATE];
    // The last step is a rest, in which the note before it dies away.
    for step in 0..CHORDS.len() * ORDER.len() - 1 {
        let pitch = CHORDS[step / ORDER.len()][ORDER[step % ORDER.len()]];
        let tone = |time: f32| 0.12 * ((TAU * pitch * time).sin() + 0.3 * (TAU * 2.0 * pitch * time).sin());
        add(&mut samples, STEP * step as f32, LENGTH, |time| tone(time) * swell(time / LENGTH));
    }
    wav(&samples)
}

/// Mixes `length` seconds of a sound into the samples, from `start` on.
fn add(samples: &mut [f32], start: f32, length: f32, sound: impl Fn(f32) -> f32) {
    let first = (start * RATE as f32).round() as usize;
    let count = (length * RATE as f32).round() as usize;
    for (index, sample) in samples.iter_mut().skip(first).take(count).enumerate() {
        *sample += sound(index as f32 / RATE as f32);
    }
}

/// Loudness of a ring: 10 ms from nothing to full and back, so that it does not click.
fn edges(time: f32, length: f32) -> f32 {
    (time.min(length - time) / 0.01).clamp(0.0, 1.0)
}

/// Loudness of a note from 0 to 1 of its length: quick but soft rise, long fall to nothing.
fn swell(part: f32) -> f32 {
    let rise = (part / 0.06).min(1.0);
    let fall = (1.0 - part).max(0.0);
    rise * rise * fall * fall
}

/// Puts samples between -1 and 1 into a WAV file: one channel, µ-law (RIFF format 7).
fn wav(samples: &[f32]) -> Vec<u8> {
    let count = samples.len() as u32;
    let rate = RATE as u32;
    let mut file = Vec::with_capacity(58 + samples.len());
    file.extend(b"RIFF");
    file.extend((50 + count).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(18_u32.to_le_bytes());
    file.extend(7_u16.to_le_bytes()); // µ-law
    file.extend(1_u16.to_le_bytes()); // channels
    file.extend(rate.to_le_bytes());
    file.extend(rate.to_le_bytes()); // bytes a second
    file.extend(1_u16.to_le_bytes()); // bytes a sample
    file.extend(8_u16.to_le_bytes()); // bits a sample
    file.extend(0_u16.to_le_bytes()); // no extension
    file.extend(b"fact");
    file.extend(4_u32.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(b"data");
    file.extend(count.to_le_bytes());
    file.extend(samples.iter().map(|sample| mu_law(*sample)));
    file
}

/// One sample in G.711 µ-law: sign, exponent and mantissa of the loudness, all bits inverted.
fn mu_law(sample: f32) -> u8 {
    const BIAS: u16 = 33;
    let loudness = (sample.abs().min(1.0) * 8158.0).round() as u16 + BIAS;
    let exponent = loudness.ilog2() - 5;
    let mantissa = (loudness >> (exponent + 1)) & 0x0f;
    let sign = if sample < 0.0 { 0x80 } else { 0x00 };
    !(sign | (exponent as u8) << 4 | mantissa as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: usize = 58;

    /// What a telephone makes of a byte: G.711's own decoding, between -1 and 1.
    fn loudness(byte: u8) -> f32 {
        let bits = !byte;
        let (exponent, mantissa) = (u32::from(bits >> 4 & 7), f32::from(bits & 15));
        let size = (2.0 * mantissa + 33.0) * 2_f32.powi(exponent as i32) - 33.0;
        if bits & 0x80 == 0 { size / 8158.0 } else { -size / 8158.0 }
    }

    fn heard(file: &[u8]) -> Vec<f32> {
        file[HEADER..].iter().map(|byte| loudness(*byte)).collect()
    }

    fn number(file: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"))
    }

    #[test]
    fn mu_law_is_g711s() {
        // Ends and middle of the scale as the standard's table has them.
        for (sample, byte) in [(0.0, 0xff), (1.0, 0x80), (-1.0, 0x00), (2.0 / 8158.0, 0xfe), (-2.0 / 8158.0, 0x7e)] {
            assert_eq!(mu_law(sample), byte, "{sample}");
        }
        for step in -100..=100_i16 {
            let sample = f32::from(step) / 100.0;
            let error = (loudness(mu_law(sample)) - sample).abs();
            assert!(error <= sample.abs() / 30.0 + 0.0002, "{sample}: {error}");
        }
    }

    #[test]
    fn a_player_reads_the_header() {
        for (file, seconds) in [(ringback(), 12), (music(), 16)] {
            assert_eq!(file.len(), HEADER + seconds * RATE);
            assert_eq!(
                (&file[..4], &file[8..16], &file[38..42], &file[50..54]),
                (&b"RIFF"[..], &b"WAVEfmt "[..], &b"fact"[..], &b"data"[..])
            );
            assert_eq!(number(&file, 4) as usize, file.len() - 8);
            assert_eq!(&file[20..38], [7, 0, 1, 0, 64, 31, 0, 0, 64, 31, 0, 0, 1, 0, 8, 0, 0, 0], "µ-law, mono, 8 kHz");
            assert_eq!(number(&file, 46) as usize, seconds * RATE);
            assert_eq!(number(&file, 54) as usize, seconds * RATE);
        }
    }

    #[test]
    fn the_ringing_tone_rings_twice_and_pauses() {
        let sound = heard(&ringback());
        let loudest = |from: f32, to: f32| {
            let (from, to) = ((from * RATE as f32) as usize, (to * RATE as f32) as usize);
            sound[from..to].iter().fold(0.0_f32, |most, sample| most.max(sample.abs()))
        };
        for cycle in [0.0, 3.0, 6.0, 9.0] {
            assert!(loudest(cycle, cycle + 0.002) < 0.1, "soft start at {cycle}");
            assert!(loudest(cycle + 0.05, cycle + 0.35) > 0.3, "first ring at {cycle}");
            assert_eq!(loudest(cycle + 0.4, cycle + 0.6), 0.0, "between the rings at {cycle}");
            assert!(loudest(cycle + 0.65, cycle + 0.95) > 0.3, "second ring at {cycle}");
            assert_eq!(loudest(cycle + 1.0, cycle + 3.0), 0.0, "pause at {cycle}");
        }
    }

    #[test]
    fn the_music_is_quiet_and_never_stops_for_long() {
        let sound = heard(&music());
        assert!(sound.iter().all(|sample| sample.abs() < 0.35));
        for half_second in sound.chunks(RATE / 2) {
            assert!(half_second.iter().any(|sample| sample.abs() > 0.01));
        }
    }

    #[test]
    fn nothing_clicks_not_even_where_a_loop_begins_again() {
        for file in [ringback(), music()] {
            let sound = heard(&file);
            let again = sound.iter().chain(&sound).collect::<Vec<_>>();
            let jump = again.windows(2).map(|pair| (pair[0] - pair[1]).abs()).fold(0.0_f32, f32::max);
            assert!(sound[0].abs() < 0.001 && sound[sound.len() - 1].abs() < 0.001);
            assert!(jump < 0.16, "{jump}");
        }
    }
}
