import CLinux
import Contract
import Linux

/// What the server of a vault in memory does while that is open: it watches for changes, and saves.
final class RamServer {
    /// Words between it and the keeper.
    enum Word {
        /// Keeper: save, if something changed.
        static let save = "save"
        /// Keeper: the same for the last time, and end.
        static let close = "close"
        /// Keeper: end without saving.
        static let discard = "discard"
        /// Server: there is something that was not saved.
        static let changed = "changed"
        /// Server: there was nothing to save.
        static let unchanged = "unchanged"
        /// Server: saved; with the new image's descriptor.
        static let saved = "saved"
        /// Server: could not save, with a `code` and a `sentence`.
        static let failed = "failed"
    }

    private let store: ImageStore
    private let tree: TreeFolder
    private let saveEvery: Int64
    /// The image's file after a save.
    private var current: SavedFile?
    /// Of what the image holds.
    private var saved: TreeFingerprint
    private var isKnownToHaveChanged = false
    private var nextLook: Int64
    private var nextSave: Int64

    /// A look takes as long as the tree has files: so no more than one part in fifty of the time goes into looking.
    private static let lookMilliseconds: Int64 = 2_000
    private static let lookShare: Int64 = 50
    private static let againMilliseconds: Int64 = 30_000
    /// What nobody is left to hear is tried again: somebody may make room.
    private static let lastTries = 5
    private static let lastTryMilliseconds: Int32 = 1_000

    /// - Parameter tree: What the image holds, as it was just loaded.
    init(_ store: ImageStore, _ tree: consuming TreeFolder, saveEvery: Int64) throws(Failure) {
        self.store = store
        self.saveEvery = saveEvery * 1000
        saved = try RamServer.fingerprint(of: tree)
        self.tree = tree
        nextLook = monotonicMilliseconds() + RamServer.lookMilliseconds
        nextSave = monotonicMilliseconds() + self.saveEvery
    }

    private static func fingerprint(of tree: borrowing TreeFolder) throws(Failure) -> TreeFingerprint {
        try failing(.vault) { () throws(SystemError) in try TreeFingerprint.take(of: tree, withContent: true) }
    }

    /// Returns when the vault is closed, or the keeper has gone and what could be saved is.
    func serve(_ image: borrowing VaultImage, _ keeper: borrowing MessageSocket) {
        while true {
            var watched = pollfd(fd: keeper.descriptor.raw, events: Int16(POLLIN), revents: 0)
            let wake = isKnownToHaveChanged ? nextSave : min(nextLook, nextSave)
            let count = poll(&watched, 1, Int32(clamping: max(wake - monotonicMilliseconds(), 0)))
            if count > 0, !answer(image, keeper) { break }
            if !isKnownToHaveChanged, monotonicMilliseconds() >= nextLook { look(keeper) }
            if monotonicMilliseconds() >= nextSave { report(save(image), to: keeper, isAsked: false) }
        }
        tree.empty()
    }

    /// - Returns: false when that was the last word.
    private func answer(_ image: borrowing VaultImage, _ keeper: borrowing MessageSocket) -> Bool {
        guard case .message(let received)? = try? keeper.receive(capacity: Message.maximumLength),
            let message = Message(parsing: received.bytes)
        else {
            saveForTheLastTime(image)
            return false
        }
        if message.isWord(Word.discard) { return false }
        report(save(image), to: keeper, isAsked: true)
        return !message.isWord(Word.close)
    }

    private final class SavedFile {
        let descriptor: Descriptor

        init(_ descriptor: consuming Descriptor) {
            self.descriptor = descriptor
        }
    }

    private enum Outcome {
        case saved, unchanged
        case failed(Failure)
    }

    private func save(_ image: borrowing VaultImage) -> Outcome {
        nextSave = monotonicMilliseconds() + saveEvery
        do throws(Failure) {
            // Before it is copied: what changes meanwhile then differs from this.
            let now = try RamServer.fingerprint(of: tree)
            if now == saved { return .unchanged }
            if let current {
                self.current = SavedFile(try store.save(tree, over: image, current.descriptor))
            } else {
                current = SavedFile(try store.save(tree, over: image, image.descriptor))
            }
            saved = now
            isKnownToHaveChanged = false
            return .saved
        } catch {
            isKnownToHaveChanged = true
            nextSave = monotonicMilliseconds() + min(saveEvery, RamServer.againMilliseconds)
            return .failed(error)
        }
    }

    private func saveForTheLastTime(_ image: borrowing VaultImage) {
        for attempt in 1...RamServer.lastTries {
            guard case .failed = save(image) else { return }
            if attempt < RamServer.lastTries { poll(nil, 0, RamServer.lastTryMilliseconds) }
        }
    }

    private func report(_ outcome: Outcome, to keeper: borrowing MessageSocket, isAsked: Bool) {
        switch outcome {
        case .unchanged: if isAsked { try? keeper.send(Message(Word.unchanged).encoded) }
        case .saved:
            guard let current else { return }
            try? keeper.send(Message(Word.saved).encoded, descriptors: [current.descriptor.raw])
        case .failed(let failure):
            let message = Message(Word.failed).adding("code", String(failure.code.rawValue)).adding("sentence", failure.sentence)
            try? keeper.send(message.encoded)
        }
    }

    private func look(_ keeper: borrowing MessageSocket) {
        let start = monotonicMilliseconds()
        if let now = try? TreeFingerprint.take(of: tree, withContent: false), now.outline != saved.outline {
            isKnownToHaveChanged = true
            try? keeper.send(Message(Word.changed).encoded)
        }
        let end = monotonicMilliseconds()
        nextLook = end + max(RamServer.lookMilliseconds, (end - start) * RamServer.lookShare)
    }
}
