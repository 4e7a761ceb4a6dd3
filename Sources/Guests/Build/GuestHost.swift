// SPDX-License-Identifier: GPL-3.0-or-later

package import Logging

/// What this machine boots guests with.
package struct GuestHost: Sendable {
    package let qemu: QEMUProgram
    package let accelerator: Accelerator
    package let image: GuestImage
    package let kernels: GuestKernelBuilder

    package init(qemu: QEMUProgram, accelerator: Accelerator, image: GuestImage, kernels: GuestKernelBuilder) {
        self.qemu = qemu
        self.accelerator = accelerator
        self.image = image
        self.kernels = kernels
    }

    /// Finds QEMU, makes the image and the standard kernel where they are missing, and learns whether KVM works.
    ///
    /// - Parameters:
    ///   - dataDirectory: holds `images` and `kernels`, and remembers the accelerator.
    ///   - firstProcess: what `ops/guest-init` made.
    package static func prepare(
        dataDirectory: String, firstProcess: String, flavour: ImageFlavour, logger: Logger
    ) async throws -> GuestHost {
        let qemu = try await QEMUProgram.find()
        let (images, kernels) = (dataDirectory + "/images", dataDirectory + "/kernels")
        try FileTree.makeDirectories(images)
        try FileTree.makeDirectories(kernels)
        let kernelBuilder = GuestKernelBuilder(kernels: kernels, firstProcess: firstProcess, logger: logger)
        let image = try await GuestImageBuilder(images: images, firstProcess: firstProcess, logger: logger).image(
            flavour)
        let kernel = try await kernelBuilder.kernel(try await kernelBuilder.standard())
        let probe = AcceleratorProbe(qemu: qemu, kernel: kernel, directory: dataDirectory, logger: logger)
        return GuestHost(qemu: qemu, accelerator: try await probe.accelerator(), image: image, kernels: kernelBuilder)
    }
}
