//! Draws what egui wants drawn, with the device that the faces are drawn with.

use egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor};
use viva_gpu::{Gpu, wgpu};

/// egui on our device, for targets of one format.
pub(super) struct Painter {
    gpu: Gpu,
    pub(super) renderer: Renderer,
}

impl Painter {
    pub(super) fn new(gpu: &Gpu, format: wgpu::TextureFormat) -> Self {
        let options = RendererOptions { dithering: false, ..Default::default() };
        Self { gpu: gpu.clone(), renderer: Renderer::new(gpu.device(), format, options) }
    }

    /// Uploads what is new and draws onto `view` of `size` pixels.
    pub(super) fn paint(
        &mut self,
        context: &egui::Context,
        mut output: egui::FullOutput,
        view: &wgpu::TextureView,
        size: (u32, u32),
    ) -> egui::PlatformOutput {
        let (device, queue) = (self.gpu.device(), self.gpu.queue());
        let mut set: Vec<_> = output.textures_delta.set.drain().collect();
        set.sort_by_key(|(id, _)| *id);
        for (id, deltas) in &set {
            for delta in deltas {
                self.renderer.update_texture(device, queue, *id, delta);
            }
        }
        let pixels_per_point = output.pixels_per_point;
        let jobs = context.tessellate(output.shapes, pixels_per_point);
        let screen = ScreenDescriptor { size_in_pixels: [size.0, size.1], pixels_per_point };
        let mut encoder =
            device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("studio.frame") });
        let mut commands = self.renderer.update_buffers(device, queue, &mut encoder, &jobs, &screen);
        let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("studio.panels"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..Default::default()
        });
        let mut pass = pass.forget_lifetime();
        self.renderer.render(&mut pass, &jobs, &screen);
        drop(pass);
        commands.push(encoder.finish());
        queue.submit(commands);
        let mut free: Vec<_> = output.textures_delta.free.drain().collect();
        free.sort();
        for id in &free {
            self.renderer.free_texture(id);
        }
        output.platform_output
    }
}
