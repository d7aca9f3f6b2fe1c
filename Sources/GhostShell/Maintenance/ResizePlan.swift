import Contract

/// How a vault's image gets another size: what is settled before anything is touched.
struct ResizePlan: Equatable {
    /// The image's length, in bytes, before and after.
    var oldLength: UInt64
    var newLength: UInt64
    var dataOffset: UInt64

    /// LUKS2's header takes 2 MiB, 16 in a vault that stock tools made, and a journal wants some room beside it.
    static let leastLength: UInt64 = 32 << 20
    private static let pageSize: UInt64 = 4096

    /// - Throws: code 2 for a size that no vault can have, or has already.
    init(_ segment: DataSegment, newLength: UInt64) throws(Failure) {
        oldLength = segment.offset + segment.length
        self.newLength = newLength
        dataOffset = segment.offset
        guard newLength >= ResizePlan.leastLength, newLength % ResizePlan.pageSize == 0, newLength > dataOffset,
            newLength <= UInt64(Int64.max)
        else {
            throw Failure(.usage, "the vault's size must be at least 32 MiB, in whole pages; \(newLength) bytes is not")
        }
        guard newLength != oldLength else { throw Failure(.usage, "the vault has that size already") }
    }

    var shrinks: Bool { newLength < oldLength }

    /// The length of the copy while its file system is changed: both sizes fit.
    var workingLength: UInt64 { max(oldLength, newLength) }

    /// Bytes of the file system afterwards.
    var newDataLength: UInt64 { newLength - dataOffset }

    /// - Parameter least: Bytes that the file system needs.
    /// - Throws: code 6 when it would not fit, with the size that would.
    func checkFits(least: UInt64) throws(Failure) {
        guard least > newDataLength else { return }
        let mebibyte: UInt64 = 1 << 20
        let (length, overflow) = least.addingReportingOverflow(dataOffset + mebibyte - 1)
        throw Failure(
            .vault,
            "what the vault holds needs \(overflow ? oldLength / mebibyte : length / mebibyte) MiB; nothing was changed. Give that, or remove files first"
        )
    }
}
