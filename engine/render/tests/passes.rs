//! Each computing pass and each shading function gives on the device what its CPU twin gives.

use bytemuck::Pod;
use glam::{Vec2, Vec3};
use viva_gpu::{Gpu, wgpu};
use viva_shaders::cpu::light::sample_scene;
use viva_shaders::cpu::noise::hash_u32;
use viva_shaders::cpu::{
    background, cloth, cloth_quick, eyes, hair, hair_quick, imported, morph, mouth, normals, relief_bake,
    skin, skin_bake, skin_quick, soften, tonemap, wrinkles,
};
use viva_shaders::layout::{MorphEntry, MorphWeights, NormalsSize};
use viva_shaders::{Pass, compose, source};

/// A seeded stream of numbers in 0..1.
struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(1);
        (hash_u32(self.0) >> 8) as f32 / 16_777_216.0
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.next()
    }

    fn direction(&mut self) -> Vec3 {
        Vec3::new(self.between(-1.0, 1.0), self.between(-1.0, 1.0), self.between(0.1, 1.0))
            .normalize_or_zero()
    }

    fn point(&mut self) -> Vec3 {
        Vec3::new(self.between(-0.08, 0.08), self.between(0.0, 0.24), self.between(-0.04, 0.15))
    }
}

fn gpu() -> Gpu {
    Gpu::headless().expect("a graphics driver is installed (mesa-vulkan-drivers)")
}

/// Runs the only compute entry point of a source over `threads` threads of 64 and reads the last buffer.
fn run<T: Pod>(gpu: &Gpu, wgsl: &str, buffers: &[&wgpu::Buffer], threads: usize) -> Vec<T> {
    let module = gpu.shader("test.shader", wgsl);
    let pipeline = gpu.device().create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("test.pipeline"),
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: Default::default(),
        cache: None,
    });
    let entries: Vec<_> = buffers
        .iter()
        .enumerate()
        .map(|(binding, buffer)| wgpu::BindGroupEntry {
            binding: binding as u32,
            resource: buffer.as_entire_binding(),
        })
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
    pass.dispatch_workgroups((threads as u32).div_ceil(64), 1, 1);
    drop(pass);
    gpu.queue().submit([encoder.finish()]);
    gpu.read(buffers.last().expect("there is an output")).expect("the device answers")
}

fn padded(points: &[Vec3]) -> Vec<[f32; 4]> {
    points.iter().map(|p| p.extend(1.0).to_array()).collect()
}

fn assert_close(name: &str, device: &[[f32; 4]], twin: &[Vec3], tolerance: f32) {
    assert!(device.len() >= twin.len(), "{name}");
    for (index, (d, t)) in device.iter().zip(twin).enumerate() {
        let d = Vec3::new(d[0], d[1], d[2]);
        assert!(t.is_finite() && d.is_finite(), "{name} {index}: {d} or {t} is not finite");
        let scale = 1.0 + t.abs().max_element();
        assert!((d - *t).abs().max_element() <= tolerance * scale, "{name} {index}: device {d}, twin {t}");
    }
}

#[test]
fn morph_agrees() {
    let gpu = gpu();
    // Full workgroups, a size that does not divide, one vertex without any entry.
    for (seed, vertices) in [(1, 128_usize), (2, 201), (3, 1)] {
        let mut numbers = Numbers(seed * 1000);
        let rest: Vec<Vec3> = (0..vertices).map(|_| numbers.point()).collect();
        let (mut row, mut entries) = (vec![0_u32], Vec::new());
        for _ in 0..vertices {
            let count = if vertices == 1 { 0 } else { (numbers.next() * 9.0) as u32 };
            for _ in 0..count {
                let d = numbers.direction() * 0.02;
                entries.push(MorphEntry { shape: (numbers.next() * 52.0) as u32, x: d.x, y: d.y, z: d.z });
            }
            row.push(entries.len() as u32);
        }
        let mut weights = MorphWeights { vertices: vertices as u32, ..Default::default() };
        weights.packed.iter_mut().flatten().for_each(|w| *w = numbers.next());
        let buffers = [
            &gpu.uniform("test.weights", &weights),
            &gpu.storage("test.rest", &padded(&rest)),
            &gpu.storage("test.row", &row),
            &gpu.storage("test.entries", &entries),
            &gpu.scratch("test.out", vertices as u64 * 16),
        ];
        let device = run(&gpu, &source(Pass::Morph), &buffers, vertices);
        assert_close("morph", &device, &morph::morph(&rest, &row, &entries, &weights), 1e-6);
    }
}

#[test]
fn normals_agree() {
    let gpu = gpu();
    for (seed, vertices, degenerate) in [(1_u32, 128_usize, false), (2, 201, false), (3, 5, true)] {
        let mut numbers = Numbers(seed * 777);
        let points: Vec<Vec3> =
            (0..vertices).map(|_| if degenerate { Vec3::ONE } else { numbers.point() }).collect();
        let (mut row, mut ring) = (vec![0_u32], Vec::new());
        for _ in 0..vertices {
            for _ in 0..(numbers.next() * 7.0) as u32 {
                ring.push([0, 1].map(|_| (numbers.next() * vertices as f32) as u32));
            }
            row.push(ring.len() as u32);
        }
        let size = NormalsSize { vertices: vertices as u32, ..Default::default() };
        let buffers = [
            &gpu.uniform("test.size", &size),
            &gpu.storage("test.points", &padded(&points)),
            &gpu.storage("test.row", &row),
            &gpu.storage("test.ring", &ring),
            &gpu.scratch("test.out", vertices as u64 * 16),
        ];
        let device = run(&gpu, &source(Pass::Normals), &buffers, vertices);
        assert_close("normals", &device, &normals::normals(&points, &row, &ring), 2e-4);
    }
}

/// Evaluates a shading function on the device at the given points.
fn shaded<P: Pod>(gpu: &Gpu, imports: &[&str], kind: &str, call: &str, points: &[P]) -> Vec<[f32; 4]> {
    let (frame, look) = sample_scene();
    let imports: String = imports.iter().map(|name| format!("#import {name}\n")).collect();
    let wgsl = compose(&format!(
        "{imports}
@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> look: Look;
@group(0) @binding(2) var<storage, read> points: array<{kind}>;
@group(0) @binding(3) var<storage, read_write> colors: array<vec4f>;
@compute @workgroup_size(64)
fn shade(@builtin(global_invocation_id) id: vec3u) {{
    if id.x >= arrayLength(&points) {{ return; }}
    let p = points[id.x];
    colors[id.x] = vec4f({call}, frame.camera.w + look.skin.w);
}}
"
    ))
    .expect("the imports exist");
    let buffers = [
        &gpu.uniform("test.frame", &frame),
        &gpu.uniform("test.look", &look),
        &gpu.storage("test.points", points),
        &gpu.scratch("test.colors", points.len() as u64 * 16),
    ];
    run(gpu, &wgsl, &buffers, points.len())
}

#[test]
fn imported_agrees() {
    let mut numbers = Numbers(70);
    let mut points: Vec<imported::ImportedPoint> = (0..201)
        .map(|_| imported::ImportedPoint {
            normal: numbers.direction().into(),
            roughness: numbers.between(0.3, 1.0),
            to_camera: numbers.direction().into(),
            is_unlit: if numbers.next() > 0.8 { 1.0 } else { 0.0 },
            albedo: [numbers.next(), numbers.next(), numbers.next()],
            spare: 0.0,
        })
        .collect();
    // Black, seen from behind.
    points.push(imported::ImportedPoint {
        normal: [0.0, 0.0, -1.0],
        roughness: 0.3,
        to_camera: [0.0, 0.0, 1.0],
        ..Default::default()
    });
    let gpu = gpu();
    let imports = ["frame", "look", "light", "imported_shade"];
    let device = shaded(&gpu, &imports, "ImportedPoint", "shade_imported(p, frame)", &points);
    let (frame, _) = sample_scene();
    let twin: Vec<Vec3> = points.iter().map(|p| imported::shade_imported(p, &frame)).collect();
    assert_close("imported", &device, &twin, 2e-4);
}

#[test]
fn turns_of_imported_eyes_agree() {
    let mut numbers = Numbers(71);
    // Points and directions with no turn, one eye's, both.
    let points: Vec<[[f32; 4]; 2]> = (0..201)
        .map(|n| {
            let w = if n % 2 == 0 { 1.0 } else { 0.0 };
            let turn =
                [(n % 3) as f32 * 0.5, numbers.next(), if n % 5 == 0 { 0.0 } else { numbers.next() }, 0.0];
            [numbers.point().extend(w).to_array(), turn]
        })
        .collect();
    let (mut frame, _) = sample_scene();
    let about = |x: f32, angle: f32| {
        let eye = Vec3::new(x, 0.15, 0.1);
        (glam::Mat4::from_translation(eye)
            * glam::Mat4::from_rotation_y(angle)
            * glam::Mat4::from_translation(-eye))
        .to_cols_array_2d()
    };
    (frame.head_from_left_eye, frame.head_from_right_eye) = (about(0.03, 0.4), about(-0.03, -0.3));
    let gpu = gpu();
    let wgsl = compose(
        "#import frame
#import light
#import imported_shade
struct Place { at: vec4f, turn: vec4f }
@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> points: array<Place>;
@group(0) @binding(2) var<storage, read_write> places: array<vec4f>;
@compute @workgroup_size(64)
fn turn(@builtin(global_invocation_id) id: vec3u) {
    if id.x >= arrayLength(&points) { return; }
    places[id.x] = vec4f(turn_eyes(points[id.x].at, points[id.x].turn.xyz, frame), 0.0);
}
",
    )
    .expect("the imports exist");
    let buffers = [
        &gpu.uniform("test.frame", &frame),
        &gpu.storage("test.points", &points),
        &gpu.scratch("test.places", points.len() as u64 * 16),
    ];
    let device = run(&gpu, &wgsl, &buffers, points.len());
    let twin: Vec<Vec3> = points
        .iter()
        .map(|[at, turn]| imported::turn_eyes((*at).into(), Vec3::new(turn[0], turn[1], turn[2]), &frame))
        .collect();
    assert_close("turn_eyes", &device, &twin, 1e-6);
}

#[test]
fn skin_agrees() {
    let mut numbers = Numbers(40);
    let mut points: Vec<skin::SkinPoint> = (0..201)
        .map(|_| skin::SkinPoint {
            rest: numbers.point().into(),
            occlusion: numbers.next(),
            normal: numbers.direction().into(),
            key_visibility: numbers.next(),
            to_camera: numbers.direction().into(),
            inner_mouth: if numbers.next() > 0.9 { 1.0 } else { 0.0 },
            uv: Vec2::new(numbers.between(0.75, 0.96), numbers.between(0.44, 0.60)).into(),
            lips: numbers.next(),
            flush: numbers.next(),
            roots: numbers.next(),
            through: numbers.next(),
            spare: [0.0; 2],
        })
        .collect();
    // No normal, no light at all.
    points.push(skin::SkinPoint {
        normal: [0.0, 1.0, 0.0],
        to_camera: [0.0, 0.0, 1.0],
        ..Default::default()
    });
    let gpu = gpu();
    let imports = ["frame", "look", "noise", "light", "wrinkles", "skin_shade"];
    let device = shaded(&gpu, &imports, "SkinPoint", "shade_skin(p, frame, look)", &points);
    let (frame, look) = sample_scene();
    let twin: Vec<Vec3> = points.iter().map(|p| skin::shade_skin(p, &frame, &look)).collect();
    assert_close("skin", &device, &twin, 2e-3);
}

#[test]
fn what_is_baked_of_the_skin_agrees() {
    let mut numbers = Numbers(46);
    let points: Vec<skin::SkinPoint> = (0..201)
        .map(|index| skin::SkinPoint {
            rest: numbers.point().into(),
            inner_mouth: if index % 10 == 9 { 1.0 } else { 0.0 },
            uv: Vec2::new(numbers.between(0.75, 0.96), numbers.between(0.44, 0.60)).into(),
            lips: numbers.next(),
            flush: numbers.next(),
            roots: numbers.next(),
            ..Default::default()
        })
        .collect();
    let gpu = gpu();
    let imports = ["frame", "look", "noise", "light", "wrinkles", "skin_shade"];
    let call = "skin_texel(p, look).rgb + skin_texel(p, look).a";
    let device = shaded(&gpu, &imports, "SkinPoint", call, &points);
    let (frame, look) = sample_scene();
    let sum = |[r, g, b, a]: [f32; 4]| Vec3::new(r, g, b) + a;
    let twin: Vec<Vec3> = points.iter().map(|p| sum(skin_bake::skin_texel(p, &look))).collect();
    assert_close("skin texel", &device, &twin, 2e-3);

    // The folds: where they lie and how deep they are drawn.
    let call = "relief_texel(p.uv, p.rest).rgb + wrinkle_strength(p.uv, frame, look)";
    let device = shaded(&gpu, &imports, "SkinPoint", call, &points);
    let twin: Vec<Vec3> = points
        .iter()
        .map(|p| {
            Vec3::from_slice(&relief_bake::relief_texel(p.uv.into(), p.rest.into()))
                + wrinkles::wrinkle_strength(p.uv.into(), &frame, &look)
        })
        .collect();
    assert_close("relief", &device, &twin, 2e-3);
}

#[test]
fn places_on_the_drawn_garment_agree() {
    let mut numbers = Numbers(52);
    let points: Vec<[f32; 4]> = (0..201)
        .map(|_| [numbers.between(-2.0, 2.0), numbers.between(-2.0, 2.0), numbers.between(0.5, 2.0), 0.0])
        .collect();
    let gpu = gpu();
    let imports = ["frame", "look", "cloth_place"];
    let device = shaded(&gpu, &imports, "vec4f", "vec3f(garment_place(p.xyz), p.z)", &points);
    let twin: Vec<Vec3> =
        points.iter().map(|p| cloth_quick::garment_place(Vec3::from_slice(p)).extend(p[2])).collect();
    assert_close("garment place", &device, &twin, 1e-5);
}

#[test]
fn eyes_agree() {
    let mut numbers = Numbers(41);
    let points: Vec<eyes::EyePoint> = (0..201)
        .map(|index| {
            let local = if index == 0 { Vec3::Z } else { numbers.direction() };
            eyes::EyePoint {
                local: local.into(),
                side: if index % 2 == 0 { 1.0 } else { -1.0 },
                head: (local * 0.014 + Vec3::new(0.03, 0.141, 0.11)).into(),
                occlusion: numbers.next(),
                normal: local.into(),
                to_camera: numbers.direction().into(),
                ..Default::default()
            }
        })
        .collect();
    let gpu = gpu();
    let imports = ["frame", "look", "noise", "light", "eye_shade"];
    let device = shaded(&gpu, &imports, "EyePoint", "shade_eye(p, frame, look, p.to_camera)", &points);
    let (frame, look) = sample_scene();
    let twin: Vec<Vec3> =
        points.iter().map(|p| eyes::shade_eye(p, &frame, &look, p.to_camera.into())).collect();
    assert_close("eyes", &device, &twin, 4e-3);
}

#[test]
fn hair_agrees() {
    let mut numbers = Numbers(42);
    let points: Vec<hair::HairPoint> = (0..201)
        .map(|_| hair::HairPoint {
            normal: numbers.direction().into(),
            occlusion: numbers.next(),
            tangent: numbers.direction().into(),
            key_visibility: numbers.next(),
            to_camera: numbers.direction().into(),
            layer: numbers.next(),
            strand: [numbers.between(-200.0, 200.0), numbers.next()],
            density: numbers.next(),
            spare: 0.0,
        })
        .collect();
    let gpu = gpu();
    let imports = ["frame", "look", "noise", "light", "hair_shade", "hair_edge"];
    let call = "shade_hair(p, frame, look) + vec3f(hair_cover(p), \
        hair_alpha(hair_cover(p), p.normal.y, p.density, 0.5), hair_alpha(0.2, p.normal.y, p.density, 2.0))";
    let device = shaded(&gpu, &imports, "HairPoint", call, &points);
    let (frame, look) = sample_scene();
    let twin: Vec<Vec3> = points
        .iter()
        .map(|p| {
            let cover = hair::hair_cover(p);
            let alpha = |cover, layer| hair::hair_alpha(cover, p.normal[1], p.density, layer);
            hair::shade_hair(p, &frame, &look) + Vec3::new(cover, alpha(cover, 0.5), alpha(0.2, 2.0))
        })
        .collect();
    assert_close("hair", &device, &twin, 2e-3);
}

#[test]
fn mouth_agrees() {
    let mut numbers = Numbers(43);
    let points: Vec<mouth::MouthPoint> = (0..201)
        .map(|index| mouth::MouthPoint {
            rest: numbers.point().into(),
            material: (index % 3) as f32,
            normal: numbers.direction().into(),
            occlusion: numbers.next(),
            to_camera: numbers.direction().into(),
            behind_lips: numbers.between(-0.01, 0.05),
            // Necks and edges of both rows of teeth.
            uv: [0.7, numbers.between(0.085, 0.12)],
            ..Default::default()
        })
        .collect();
    let gpu = gpu();
    let imports = ["frame", "look", "noise", "light", "mouth_shade"];
    let device = shaded(&gpu, &imports, "MouthPoint", "shade_mouth(p, frame, look)", &points);
    let (frame, look) = sample_scene();
    let twin: Vec<Vec3> = points.iter().map(|p| mouth::shade_mouth(p, &frame, &look)).collect();
    assert_close("mouth", &device, &twin, 4e-3);
}

#[test]
fn cloth_agrees() {
    let mut numbers = Numbers(45);
    let points: Vec<cloth::ClothPoint> = (0..201)
        .map(|_| cloth::ClothPoint {
            rest: [numbers.between(-0.1, 0.1), numbers.between(-0.12, 0.01), numbers.between(0.03, 0.12)],
            occlusion: numbers.next(),
            normal: numbers.direction().into(),
            key_visibility: numbers.next(),
            to_camera: numbers.direction().into(),
            down: numbers.between(-1.0, 1.0),
        })
        .collect();
    let gpu = gpu();
    let imports = ["frame", "look", "noise", "light", "cloth_shade"];
    let call = "shade_cloth(p, frame, look) + crew_neck(p)";
    let device = shaded(&gpu, &imports, "ClothPoint", call, &points);
    let (frame, look) = sample_scene();
    let twin: Vec<Vec3> =
        points.iter().map(|p| cloth::shade_cloth(p, &frame, &look) + cloth::crew_neck(p)).collect();
    assert_close("cloth", &device, &twin, 4e-3);
}

#[test]
fn background_agrees() {
    let mut numbers = Numbers(46);
    let points: Vec<[f32; 4]> =
        (0..201).map(|_| [numbers.between(-1.0, 1.0), numbers.between(-1.0, 1.0), 0.0, 0.0]).collect();
    let gpu = gpu();
    let imports = ["frame", "look", "noise", "back_shade"];
    let device = shaded(&gpu, &imports, "vec4f", "shade_background(p.xy, look)", &points);
    let (_, look) = sample_scene();
    let twin: Vec<Vec3> =
        points.iter().map(|p| background::shade_background(Vec2::new(p[0], p[1]), &look)).collect();
    assert_close("background", &device, &twin, 1e-3);
}

#[test]
fn quick_skin_agrees() {
    let mut numbers = Numbers(47);
    let points: Vec<skin_quick::QuickSkinPoint> = (0..201)
        .map(|_| skin_quick::QuickSkinPoint {
            normal: numbers.direction().into(),
            occlusion: numbers.next(),
            to_camera: numbers.direction().into(),
            key_visibility: numbers.next(),
            lips: numbers.next(),
            inner_mouth: if numbers.next() > 0.9 { 1.0 } else { 0.0 },
            through: numbers.next(),
            spare: numbers.next(),
        })
        .collect();
    let gpu = gpu();
    let imports = ["frame", "look", "noise", "light", "wrinkles", "skin_quick_shade", "skin_atlas"];
    let call = "skin_color(vec4f(p.spare, p.through, 0.4, 0.6), \
        skin_fold(vec3f(p.lips - 0.5, p.spare, p.through), p.occlusion, frame), skin_light(p, frame, look), p.normal, \
        p.to_camera + frame.key_direction.xyz, frame) + vec3f(atlas(vec2f(p.spare, p.through)), 0.0) \
        + plain_skin_light(p, frame, look).light";
    let device = shaded(&gpu, &imports, "QuickSkinPoint", call, &points);
    let (frame, look) = sample_scene();
    let key = Vec3::from_slice(&frame.key_direction);
    let twin: Vec<Vec3> = points
        .iter()
        .map(|p| {
            let given = skin_quick::skin_light(p, &frame, &look);
            let half_way = Vec3::from(p.to_camera) + key;
            let baked = [p.spare, p.through, 0.4, 0.6];
            let fold = wrinkles::skin_fold(Vec3::new(p.lips - 0.5, p.spare, p.through), p.occlusion, &frame);
            skin_quick::skin_color(baked, fold, &given, p.normal.into(), half_way, &frame)
                + skin_quick::atlas(Vec2::new(p.spare, p.through)).extend(0.0)
                + skin_quick::plain_skin_light(p, &frame, &look).light
        })
        .collect();
    assert_close("quick skin", &device, &twin, 2e-3);
}

#[test]
fn quick_hair_agrees() {
    let mut numbers = Numbers(48);
    let points: Vec<hair_quick::QuickHairPoint> = (0..201)
        .map(|_| hair_quick::QuickHairPoint {
            normal: (numbers.direction() * numbers.between(-1.0, 1.0).signum()).into(),
            occlusion: numbers.next(),
            tangent: numbers.direction().into(),
            key_visibility: numbers.next(),
            to_camera: numbers.direction().into(),
            spare: numbers.next(),
        })
        .collect();
    let gpu = gpu();
    let imports = ["frame", "look", "light", "hair_quick_shade"];
    let call = "hair_color(vec2f(p.spare, p.occlusion), 0.3, p.spare, hair_light(p, frame), frame, look) \
        + vec3f(strand_place(p.normal.xy, p.spare), quick_hair_cover(p.spare, 0.7, 0.5)) \
        + plain_hair_color(vec2f(p.spare, p.occlusion), 0.3, p.spare, plain_hair_light(p, frame).light, look)";
    let device = shaded(&gpu, &imports, "QuickHairPoint", call, &points);
    let (frame, look) = sample_scene();
    let twin: Vec<Vec3> = points
        .iter()
        .map(|p| {
            let given = hair_quick::hair_light(p, &frame);
            let strand = [p.spare, p.occlusion];
            let place = hair_quick::strand_place(Vec2::new(p.normal[0], p.normal[1]), p.spare);
            hair_quick::hair_color(strand, 0.3, p.spare, &given, &frame, &look)
                + place.extend(hair_quick::quick_hair_cover(p.spare, 0.7, 0.5))
                + {
                    let light = hair_quick::plain_hair_light(p, &frame).light;
                    hair_quick::plain_hair_color(strand, 0.3, p.spare, light, &look)
                }
        })
        .collect();
    assert_close("quick hair", &device, &twin, 2e-3);
}

#[test]
fn soften_agrees() {
    let mut numbers = Numbers(49);
    let points: Vec<[f32; 4]> = (0..201).map(|_| [0.0; 4].map(|_: f32| numbers.next())).collect();
    let gpu = gpu();
    let call = "vec3f(edge_span(p.rg - p.ba), f32(is_edge(p.r, p.g))) \
        + edge_blend(p.rgb, p.gbr, min(p.r, p.a), max(p.r, p.a))";
    let device = shaded(&gpu, &["frame", "look", "soften_edge"], "vec4f", call, &points);
    let twin: Vec<Vec3> = points
        .iter()
        .map(|&[r, g, b, a]| {
            let edge = if soften::is_edge(r, g) { 1.0 } else { 0.0 };
            soften::edge_span(Vec2::new(r - b, g - a)).extend(edge)
                + soften::edge_blend(Vec3::new(r, g, b), Vec3::new(g, b, r), r.min(a), r.max(a))
        })
        .collect();
    assert_close("soften", &device, &twin, 1e-4);
}

#[test]
fn the_quick_tonemap_agrees_with_its_twin_and_with_the_full_one() {
    let mut numbers = Numbers(50);
    let mut points: Vec<[f32; 4]> =
        (0..200).map(|_| [numbers.next() * 3.0, numbers.next() * 2.0, numbers.next(), 0.0]).collect();
    points.push([0.0; 4]);
    let gpu = gpu();
    let device = shaded(&gpu, &["frame", "look", "tonemap_quick"], "vec4f", "agx_quick(p.rgb)", &points);
    let twin: Vec<Vec3> = points.iter().map(|p| tonemap::agx_quick(Vec3::new(p[0], p[1], p[2]))).collect();
    assert_close("quick tonemap", &device, &twin, 3e-3);
    for (point, quick) in points.iter().zip(twin) {
        let full = tonemap::agx(Vec3::new(point[0], point[1], point[2]));
        assert!((full - quick).abs().max_element() < 2.0 / 255.0, "{point:?}: {full} and {quick}");
    }
}

#[test]
fn tonemap_agrees_and_keeps_its_promises() {
    let mut numbers = Numbers(44);
    let mut points: Vec<[f32; 4]> =
        (0..199).map(|_| [numbers.next() * 4.0, numbers.next() * 2.0, numbers.next(), 0.0]).collect();
    points.extend([[0.0; 4], [-1.0, 1e6, 0.18, 0.0]]);
    let gpu = gpu();
    let device = shaded(&gpu, &["frame", "look", "tonemap_curve"], "vec4f", "agx(p.rgb)", &points);
    let twin: Vec<Vec3> = points.iter().map(|p| tonemap::agx(Vec3::new(p[0], p[1], p[2]))).collect();
    assert_close("tonemap", &device, &twin, 3e-3);
    assert!(twin.iter().all(|c| c.min_element() >= 0.0 && c.max_element() <= 1.0));
    let grey = |v: f32| tonemap::agx(Vec3::splat(v)).y;
    assert!(
        (0..60).map(|i| 0.01 * 1.15_f32.powi(i)).is_sorted_by(|a, b| grey(*a) <= grey(*b)),
        "brighter stays brighter"
    );
}
