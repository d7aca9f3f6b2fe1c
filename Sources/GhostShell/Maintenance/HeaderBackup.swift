import CLinux
import Contract
import Linux

/// A copy of a vault's header and key slots, in the form of `cryptsetup luksHeaderBackup`: the bytes before the data.
///
/// The library's own call writes to a path; this goes through a descriptor, to wherever the client is.
enum HeaderBackup {
    static func write(_ image: borrowing Descriptor, to file: Int32) throws(Failure) -> Message {
        let snapshot = try HeaderSnapshot.take(of: image)
        let bytes = try failing(.vault) { () throws(SystemError) in
            try snapshot.memory.read(snapshot.length, at: 0, stage: "read the vault's header")
        }
        let target = Descriptor(owning: file)
        try failing(.vault) { () throws(SystemError) in try target.write(bytes, stage: "write the backup") }
        return Message("ok").adding("size", String(bytes.count))
    }
}
