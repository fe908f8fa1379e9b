"""run.py BUILD - test vectors made by others, where SMIME_VECTORS names a folder of them: wycheproof/*_test.json (invalid cases
included) and rfc4134/. Prints counts; exit code 77, skipped, without the folder."""
import base64
import json
import os
import subprocess
import sys
import tempfile

HASH_OIDS = {"SHA-1": "06052b0e03021a", "SHA-256": "0609608648016503040201"}
MGF1, PSPECIFIED = "06092a864886f70d010108", "06092a864886f70d010109"


def der(tag, hexdigits):
    length = len(hexdigits) // 2
    head = "%02x" % length if length < 128 else "81%02x" % length if length < 256 else "82%04x" % length
    return tag + head + hexdigits


def oaep_parameters(group, label):
    """RSAES-OAEP-params (RFC 4055 s4.1)."""
    digest = lambda name: der("30", HASH_OIDS[name] + "0500")
    fields = der("a0", digest(group["sha"])) + der("a1", der("30", MGF1 + digest(group["mgfSha"])))
    if label:
        fields += der("a2", der("30", PSPECIFIED + der("04", label)))
    return der("30", fields)


def point_of(public):
    """The point in a SubjectPublicKeyInfo of P-256; anything else goes in as it is, and must be refused."""
    at = public.find("06082a8648ce3d03010703420004")
    return public[at + 26:] if at >= 0 and len(public) - at - 26 == 130 else public


class Vectors:
    def __init__(self, folder, work):
        self.folder, self.work = folder, work
        self.lines, self.wanted = [], []

    def groups(self, name):
        with open(os.path.join(self.folder, "wycheproof", name + "_test.json"), encoding="utf-8") as f:
            return json.load(f)["testGroups"]

    def add(self, name, test, result, *words):
        self.lines.append(" ".join(word or "-" for word in words))
        self.wanted.append((name, test["tcId"], test["result"], result, test["comment"]))

    def key_file(self, pem):
        path = os.path.join(self.work, "key%d.pem" % len(os.listdir(self.work)))
        with open(path, "w", encoding="ascii") as f:
            f.write(pem)
        return path

    def collect(self):
        for group in self.groups("aes_wrap"):
            for t in group["tests"]:
                # Keys for AES are all that we unwrap.
                if len(t["msg"]) // 2 in (16, 24, 32):
                    self.add("aes_wrap", t, t["msg"], "wrap", t["key"], t["ct"], str(len(t["msg"]) // 2))
        for group in self.groups("ecdh_secp256r1"):
            for t in group["tests"]:
                self.add("ecdh", t, t["shared"], "ecdh", t["private"], point_of(t["public"]))
        for group in self.groups("x25519"):
            for t in group["tests"]:
                self.add("x25519", t, t["shared"], "x25519", t["private"], t["public"])
        for name in ("rsa_oaep_2048_sha1_mgf1sha1", "rsa_oaep_2048_sha256_mgf1sha256"):
            for group in self.groups(name):
                key = self.key_file(group["privateKeyPem"])
                for t in group["tests"]:
                    if t["msg"]:
                        self.add(name, t, t["msg"], "rsa-oaep", oaep_parameters(group, t["label"]), key, t["ct"],
                                 str(len(t["msg"]) // 2))
        for group in self.groups("rsa_pkcs1_2048"):
            key = self.key_file(group["privateKeyPem"])
            for t in group["tests"]:
                if t["msg"]:
                    self.add("rsa_pkcs1", t, t["msg"], "rsa-pkcs1", key, t["ct"], str(len(t["msg"]) // 2))
        for group in self.groups("aes_gcm"):
            for t in group["tests"]:
                if group["ivSize"] == 96 and group["tagSize"] == 128:
                    self.add("aes_gcm", t, t["msg"] or ".", "decrypt", "aes%d-gcm" % group["keySize"], t["key"], t["iv"],
                             t["ct"], t["tag"], t["aad"])
        for group in self.groups("aes_cbc_pkcs5"):
            for t in group["tests"]:
                self.add("aes_cbc", t, t["msg"] or ".", "decrypt", "aes%d-cbc" % group["keySize"], t["key"], t["iv"], t["ct"],
                         "", "")

    def check(self, probe):
        out = subprocess.run([probe], input="\n".join(self.lines) + "\n", capture_output=True, text=True, check=True).stdout
        results, wrong, counts = out.split("\n")[:-1], 0, {}
        assert len(results) == len(self.wanted), "the probe answered %d of %d" % (len(results), len(self.wanted))
        for got, (name, number, verdict, result, comment) in zip(results, self.wanted):
            counts[name] = counts.get(name, 0) + 1
            # "acceptable": either way. What is invalid gives nothing, or random octets.
            if (got == result) != (verdict == "valid") and verdict != "acceptable":
                wrong += 1
                print("%s %d (%s, %s): %s" % (name, number, verdict, comment, got[:80]))
        print("wycheproof:", ", ".join("%s %d" % item for item in counts.items()), "- wrong: %d" % wrong)
        return wrong


def check_rfc4134(folder, smimectl, work):
    """Its keys are DSA and RSA-1024, its digest SHA-1: they are read, and nothing of it verifies."""
    database, wrong = os.path.join(work, "policy.db"), 0
    subprocess.run([smimectl, "-d", database, "init"], check=True, stdout=subprocess.DEVNULL)
    for name, layers in (("4.1", ["signed"]), ("4.2", ["signed"]), ("4.3", ["signed"]), ("4.4", ["signed"]), ("4.5", ["signed"])):
        with open(os.path.join(folder, "rfc4134", name + ".bin"), "rb") as f:
            body = base64.encodebytes(f.read())
        done = subprocess.run([smimectl, "-d", database, "open", "--json"], capture_output=True, check=True, input=b"From: "
                              b"AliceDSS@example.com\nContent-Type: application/pkcs7-mime; smime-type=signed-data\n"
                              b"Content-Transfer-Encoding: base64\n\n" + body)
        record = json.loads(done.stderr)
        if [layer["type"] for layer in record["layers"]] != layers or record["smime_gateway_verified"]:
            wrong += 1
            print("RFC 4134", name, record)
        else:
            print("RFC 4134 %s: %s" % (name, record["layers"][0]["token"]))
    return wrong


def main():
    folder = os.environ.get("SMIME_VECTORS", "")
    if not os.path.isdir(folder):
        print("skipped: SMIME_VECTORS names no folder")
        return 77
    with tempfile.TemporaryDirectory() as work:
        vectors = Vectors(folder, work)
        vectors.collect()
        wrong = vectors.check(os.path.join(sys.argv[1], "tests", "vector_probe"))
        wrong += check_rfc4134(folder, os.path.join(sys.argv[1], "policy", "smimectl"), work)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
