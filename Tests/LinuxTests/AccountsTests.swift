import Testing

@testable import Linux

struct AccountsTests {
    private let passwd = """
        root:x:0:0:root:/root:/bin/bash
        broken line
        tazpod:x:1000:1001:TazPod:/home/tazpod:/bin/zsh
        bare:x:1002:1002::/home/bare:
        text:x:one:1003::/home/text:/bin/sh
        negative:x:-1:1004::/home/negative:/bin/sh
        short:x:1005:1005::/home/short
        long:x:1006:1006::/home/long:/bin/sh:more
        tazpod:x:2000:2000:a second line:/elsewhere:/bin/sh
        """
    private let group = """
        root:x:0:
        tazpod:x:1001:
        docker:x:998:other,tazpod
        video:x:44:tazpod,other
        nearly:x:45:tazpod2,atazpod
        broken:x:tazpod
        text:x:number:tazpod
        primary:x:1001:tazpod
        """

    private func find(_ name: String) -> Account? {
        Account.parse(name, passwd: [UInt8](passwd.utf8), group: [UInt8](group.utf8))
    }

    @Test("A user is found by name or by number, first line first", arguments: ["tazpod", "1000"])
    func found(name: String) {
        #expect(
            find(name)
                == Account(
                    name: "tazpod", uid: 1000, gid: 1001, home: "/home/tazpod", shell: "/bin/zsh", groups: [1001, 998, 44]))
    }

    @Test("A user without a shell has sh")
    func noShell() {
        #expect(find("bare")?.shell == "/bin/sh")
    }

    @Test(
        "A line that is not of passwd's form is passed over",
        arguments: ["broken line", "text", "negative", "short", "long", "nobody", "", "1001", "taz", "tazpod:x"])
    func notFound(name: String) {
        #expect(find(name) == nil)
    }

    @Test("A user's own group comes first and once")
    func groups() {
        #expect(find("root")?.groups == [0])
    }

    @Test("A user is found without a group file, in the primary group alone")
    func noGroupFile() {
        #expect(Account.parse("tazpod", passwd: [UInt8](passwd.utf8), group: [])?.groups == [1001])
    }

    @Test("A name in no UTF-8 hides no other line")
    func bytes() {
        let file = [0xff, 0xfe] + [UInt8](":x:5:5::/:/bin/sh\n".utf8) + [UInt8](passwd.utf8)
        #expect(Account.parse("tazpod", passwd: file, group: [])?.uid == 1000)
    }

    @Test("This machine's root is found")
    func root() throws {
        #expect(try Account.find("root")?.uid == 0)
    }

    @Test(
        "Texts are the same when their bytes are",
        arguments: [("a", "a", true), ("", "", true), ("a", "b", false), ("a", "aa", false)])
    func same(a: String, b: String, expected: Bool) {
        #expect(sameText(a, b) == expected)
    }

    @Test("Texts that only look the same differ")
    func composed() {
        #expect(!sameText("\u{e9}", "e\u{301}"))
    }
}
