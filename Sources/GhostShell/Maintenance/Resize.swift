import CLinux
import Contract
import Linux

/// Gives a locked vault another size: on a copy of its image, which takes the image's place when it is finished and on the disk.
///
/// resize2fs moves blocks, inodes and tables in place and in no order that a crash could be mended from, growing as well as
/// shrinking. The copy makes every instant safe: until the rename the old image is untouched, after it the new one is whole; and
/// stock tools see one or the other, too.
struct Resize {
    let size: UInt64
    let source: PassphraseSource
    let project: String

    func run(_ image: borrowing VaultImage) throws(Failure) -> Message {
        let segment = try HeaderSnapshot.take(of: image.descriptor).header.dataSegment()
        let plan = try ResizePlan(segment, newLength: size)
        guard Defence.resizeCopy.isOn else { return try runInPlace(plan, image) }
        let copy = try ImageCopy.make(of: image, length: plan.workingLength, headerLength: plan.dataOffset)
        do throws(Failure) {
            // The server asks for the passphrase, and has the header's copy to try it on. A wrong one costs no copying.
            let access = try PlainAccess(copy.image, source: source, project: project)
            try copy.addData(of: image)
            try access.withDevice { device throws(Failure) in try apply(plan, to: device) }
            try copy.replaceOriginal(of: image, length: plan.newLength)
        } catch {
            copy.discard()
            throw error
        }
        return answer(plan)
    }

    private func apply(_ plan: ResizePlan, to device: borrowing Descriptor) throws(Failure) {
        try Filesystem.checkAll(device)
        if plan.shrinks { try plan.checkFits(least: try Filesystem.leastSize(device)) }
        try Filesystem.resize(device, to: plan.newDataLength)
    }

    private func answer(_ plan: ResizePlan) -> Message {
        Message("ok").adding("image-size", String(plan.newLength)).adding("data-size", String(plan.newDataLength))
    }

    /// What the copy is there to avoid: the tests see that it would be noticed.
    private func runInPlace(_ plan: ResizePlan, _ image: borrowing VaultImage) throws(Failure) -> Message {
        ftruncate(image.descriptor.raw, off_t(clamping: plan.workingLength))
        let access = try PlainAccess(image, source: source, project: project)
        try access.withDevice { device throws(Failure) in try apply(plan, to: device) }
        ftruncate(image.descriptor.raw, off_t(clamping: plan.newLength))
        return answer(plan)
    }
}
