import CLinux
import Testing

@testable import Linux

struct CStringArrayTests {
    @Test(
        "Strings come back out of an array as they went in",
        arguments: [[], [""], ["one"], ["one", "", "three"], ["é", "日本"]] as [[String]])
    func roundTrip(strings list: [String]) {
        let array = CStringArray(list)
        let result = strings(of: array.pointer)
        #expect(result == list.map { [UInt8]($0.utf8) })
    }

    @Test("Bytes that are no UTF-8 come back unchanged")
    func bytes() {
        let array = CStringArray([[0xff, 0x80, 0x01], [0xc3]])
        let result = strings(of: array.pointer)
        #expect(result == [[0xff, 0x80, 0x01], [0xc3]])
    }

    @Test("A string ends at its first NUL")
    func embeddedNul() {
        let array = CStringArray([[0x61, 0, 0x62], [0x63]])
        let result = strings(of: array.pointer)
        #expect(result == [[0x61], [0x63]])
    }

    @Test("The array ends with NULL")
    func terminator() {
        let array = CStringArray(["a", "b"])
        let end = array.pointer[2]
        #expect(end == nil)
    }

    @Test(
        "Strings are read from an index on, and never from beyond the end",
        arguments: [(0, ["a", "b"]), (1, ["b"]), (2, []), (3, [])] as [(Int, [String])])
    func from(first: Int, expected: [String]) {
        // Behind the end lies more, as the environment lies behind a program's arguments.
        let array = CStringArray(["a", "b", "end", "environment"])
        let end = array.pointer[2]
        array.pointer[2] = nil
        let result = strings(of: array.pointer, from: first)
        array.pointer[2] = end
        #expect(result == expected.map { [UInt8]($0.utf8) })
    }

    @Test("No array has no strings")
    func noArray() {
        #expect(strings(of: nil).isEmpty)
    }
}
