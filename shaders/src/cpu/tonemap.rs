//! Twin of `shared/tonemap_curve.wgsl`, where the source is named.

use glam::{Mat3, Vec3};

/// `agx`: linear to display-encoded.
#[must_use]
pub fn agx(scene: Vec3) -> Vec3 {
    let inset = Mat3::from_cols(
        Vec3::new(0.842_479_1, 0.042_328_242, 0.042_375_655),
        Vec3::new(0.078_433_6, 0.878_468_63, 0.078_433_6),
        Vec3::new(0.079_223_745, 0.079_166_13, 0.879_143),
    );
    let outset = Mat3::from_cols(
        Vec3::new(1.196_879, -0.052_896_85, -0.052_971_635),
        Vec3::new(-0.098_020_88, 1.151_903_1, -0.098_043_45),
        Vec3::new(-0.099_029_74, -0.098_961_18, 1.151_073_7),
    );
    let opened = (inset * scene.max(Vec3::ZERO)).max(Vec3::splat(1e-10));
    let logs = Vec3::new(opened.x.log2(), opened.y.log2(), opened.z.log2());
    let x = ((logs + Vec3::splat(12.473_93)) / 16.5).clamp(Vec3::ZERO, Vec3::ONE);
    let x2 = x * x;
    let x4 = x2 * x2;
    let curve = 15.5 * x4 * x2 - 40.14 * x4 * x + 31.96 * x4 - 6.868 * x2 * x + 0.4298 * x2 + 0.1191 * x
        - Vec3::splat(0.00232);
    let shaped = curve.max(Vec3::ZERO).powf(1.30);
    let luma = shaped.dot(Vec3::new(0.2126, 0.7152, 0.0722));
    let vivid = Vec3::splat(luma) + (shaped - Vec3::splat(luma)) * 1.25;
    (outset * vivid).clamp(Vec3::ZERO, Vec3::ONE)
}

/// `agx_quick`: the same to two of 255.
#[must_use]
pub fn agx_quick(scene: Vec3) -> Vec3 {
    let inset = Mat3::from_cols(
        Vec3::new(0.842_479_1, 0.042_328_242, 0.042_375_655),
        Vec3::new(0.078_433_6, 0.878_468_63, 0.078_433_6),
        Vec3::new(0.079_223_745, 0.079_166_13, 0.879_143),
    );
    let vivid_outset = Mat3::from_cols(
        Vec3::new(1.442_957_9, -0.119_273_46, -0.119_367_66),
        Vec3::new(-0.301_295_42, 1.261_070_9, -0.301_364_79),
        Vec3::new(-0.141_834_08, -0.141_752_29, 1.420_791),
    );
    let opened = (inset * scene).max(Vec3::splat(1e-10));
    let logs = Vec3::new(opened.x.log2(), opened.y.log2(), opened.z.log2());
    let x = ((logs + Vec3::splat(12.473_93)) / 16.5).clamp(Vec3::ZERO, Vec3::ONE);
    let coefficients = [-33.608_61, 8.812_663, 15.503_859, -7.748_476, 1.412_484, -0.066_758, 0.000_986];
    let curve = coefficients.iter().fold(Vec3::splat(16.693_755), |sum, c| sum * x + Vec3::splat(*c));
    (vivid_outset * curve.max(Vec3::ZERO)).clamp(Vec3::ZERO, Vec3::ONE)
}
