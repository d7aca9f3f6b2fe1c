import CCryptsetup
import CLinux
import Contract
import Linux

/// What `tazpod vault check` finds. Nothing is changed: what should be, is said, with the command that does it.
struct VaultCheck {
    enum Result: String {
        case ok, warning, damaged, skipped
    }

    /// Where the passphrase comes from, when the file system is to be looked at too.
    let source: PassphraseSource?
    let project: String
    let isOpen: Bool

    func run(_ image: borrowing VaultImage) throws(Failure) -> Message {
        var findings = Findings()
        let snapshot: HeaderSnapshot
        do {
            snapshot = try HeaderSnapshot.take(of: image.descriptor)
        } catch {
            guard error == VaultHeader.unreadable else { throw error }
            findings.add("header", .damaged, "both copies are damaged", next: "tazpod vault restore FILE")
            return findings.message
        }
        let damaged = try snapshot.damagedCopies(in: image.descriptor)
        if damaged.isEmpty {
            findings.add("header", .ok, "both copies are whole")
        } else {
            let names = damaged.map { $0.rawValue }.joined(separator: " and ")
            findings.add("header", .damaged, "the \(names) copy is damaged, or older than the other", next: "tazpod unlock")
        }
        checkSlots(snapshot, &findings)
        checkCosts(snapshot.header, &findings)
        try checkFilesystem(image, isHeaderWhole: damaged.isEmpty, &findings)
        checkSpace(image.descriptor, &findings)
        return findings.message
    }

    private func checkSlots(_ snapshot: borrowing HeaderSnapshot, _ findings: inout Findings) {
        let slots = snapshot.header.activeSlots
        let empty = snapshot.header.emptySlots(in: snapshot.memory)
        for slot in empty {
            findings.add(
                "slot \(slot)", .damaged, "parts of its area are empty, so no passphrase opens it",
                next: slots.count > empty.count ? "tazpod vault remove-key --slot \(slot)" : "tazpod vault restore FILE")
        }
        if empty.isEmpty { findings.add("slots", .ok, "\(slots.count) in use, and all readable") }
    }

    private func checkCosts(_ header: borrowing VaultHeader, _ findings: inout Findings) {
        let today = DerivationCost.forNewVault(
            availableKiB: AvailableMemory.kibibytes(), processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        guard let today else {
            findings.add("derivation", .skipped, "this pod has too little memory to compare with")
            return
        }
        // A recovery key is random: nobody guesses it, however cheap a try is.
        let weak = header.activeSlots.filter { slot in
            !header.isRecoverySlot(slot) && (header.cost(of: slot)?.isWeaker(than: today) ?? false)
        }
        for slot in weak {
            findings.add(
                "derivation", .warning, "guessing the passphrase of slot \(slot) is cheaper than it would be for a new one",
                next: "tazpod vault passwd")
        }
        if weak.isEmpty { findings.add("derivation", .ok, "as costly as for a new vault") }
    }

    private func checkFilesystem(_ image: borrowing VaultImage, isHeaderWhole: Bool, _ findings: inout Findings) throws(Failure) {
        let name = "file system"
        if isOpen {
            findings.add(name, .skipped, "the vault is open", next: "tazpod lock")
            return
        }
        guard let source else {
            findings.add(name, .skipped, "that takes the passphrase", next: "tazpod vault check --full")
            return
        }
        guard isHeaderWhole else {
            findings.add(name, .skipped, "the header is not whole", next: "tazpod unlock")
            return
        }
        try PlainAccess(image, source: source, project: project).withDevice { device throws(Failure) in
            let superblock = try Filesystem.superblock(of: device)
            if superblock.needsRecovery {
                findings.add(
                    name, .skipped, "it was not locked in order, and its journal is replayed first", next: "tazpod unlock")
            } else if let problem = try Filesystem.problem(on: device) {
                findings.add(name, .damaged, problem, next: "restore a backup of the image, or mend a copy of it with e2fsck")
            } else {
                findings.add(name, .ok, "whole")
            }
            findings.add("free space", .ok, "\(superblock.free >> 20) MiB of \(superblock.size >> 20) MiB in the vault")
        }
    }

    /// An image has holes where nothing was written yet; the disk must have room for them.
    private func checkSpace(_ image: borrowing Descriptor, _ findings: inout Findings) {
        var status = stat()
        var space = statvfs()
        guard fstat(image.raw, &status) == 0, fstatvfs(image.raw, &space) == 0 else { return }
        let holes = max(Int64(status.st_size) - Int64(status.st_blocks) * 512, 0)
        let free = UInt64(space.f_bavail) * UInt64(space.f_frsize)
        if free < UInt64(holes) {
            findings.add(
                "disk", .warning, "\(free >> 20) MiB are free, and the vault may still take \(holes >> 20) MiB",
                next: "free some space")
        } else {
            findings.add("disk", .ok, "\(free >> 20) MiB are free, \(holes >> 20) MiB of which the vault may still take")
        }
    }
}

/// What was found, in order.
private struct Findings {
    private(set) var message = Message("ok")

    mutating func add(_ name: String, _ result: VaultCheck.Result, _ note: String, next: String? = nil) {
        message.add("check", name)
        message.add("result", result.rawValue)
        message.add("note", note)
        if let next { message.add("next", next) }
    }
}

extension VaultHeader {
    /// Stripes of a slot's key material, in every LUKS2 header there is.
    private static let stripes: UInt64 = 4000

    /// Slots whose area has a sector of nothing but one byte: the material of a key is as random as noise.
    func emptySlots(in image: borrowing Descriptor) -> [Int32] {
        activeSlots.filter { slot in
            var offset: UInt64 = 0
            var length: UInt64 = 0
            let keySize = UInt64(max(crypt_keyslot_get_key_size(device, slot), 0))
            guard crypt_keyslot_area(device, slot, &offset, &length) == 0, length <= HeaderSnapshot.mostLength,
                let area = try? image.read(min(length, keySize * VaultHeader.stripes), at: offset, stage: "read a key slot")
            else { return true }
            return stride(from: 0, to: area.count - area.count % 512, by: 512).contains { start in
                area[start..<(start + 512)].allSatisfy { $0 == area[start] }
            }
        }
    }
}
