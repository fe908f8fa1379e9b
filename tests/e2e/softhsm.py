"""softhsm.py - a SoftHSM token with the keys of a PKI: what stands for the hardware."""
import ctypes
import os
import uuid

from lab import run

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "1234"


class _Attribute(ctypes.Structure):
    _fields_ = [("type", ctypes.c_ulong), ("value", ctypes.c_void_p), ("length", ctypes.c_ulong)]


def _attribute(kind, octets):
    return _Attribute(kind, ctypes.cast(ctypes.create_string_buffer(octets, len(octets)), ctypes.c_void_p), len(octets))


class Token:
    """In a folder of its own; env is what programs that use it need."""

    def __init__(self, folder):
        os.mkdir(folder)
        os.mkdir(os.path.join(folder, "tokens"))
        conf = os.path.join(folder, "softhsm2.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write("directories.tokendir = %s/tokens\nobjectstore.backend = file\n" % folder)
        self.env = {"SOFTHSM2_CONF": conf}
        # The module reads its configuration once for each process, from the environment.
        os.environ.update(self.env)
        run("softhsm2-util", "--init-token", "--free", "--label", "test", "--pin", PIN, "--so-pin", "12345678")

    def put(self, key_path, label, may_derive=False):
        """The URI of a key that is in the token from now on."""
        run("softhsm2-util", "--import", key_path, "--token", "test", "--label", label, "--id", uuid.uuid4().hex,
            "--pin", PIN)
        if may_derive:
            self._allow_derivation(label.encode())
        return "pkcs11:token=test;object=%s;type=private" % label

    @staticmethod
    def _allow_derivation(label):
        """CKA_DERIVE, which softhsm2-util cannot set."""
        module = ctypes.CDLL(MODULE)
        ulong, slots, session = ctypes.c_ulong, (ctypes.c_ulong * 8)(), ctypes.c_ulong()
        key, found, count = ulong(), ulong(), ulong(8)

        def must(code):
            if code != 0:
                raise AssertionError("SoftHSM: error %#x" % code)
        must(module.C_Initialize(None))
        must(module.C_GetSlotList(ctypes.c_ubyte(1), slots, ctypes.byref(count)))
        must(module.C_OpenSession(ulong(slots[0]), ulong(4 | 2), None, None, ctypes.byref(session)))
        must(module.C_Login(session, ulong(1), PIN.encode(), ulong(len(PIN))))
        wanted = (_Attribute * 2)(_attribute(0, bytes(ulong(3))),
                                  _attribute(3, label))
        must(module.C_FindObjectsInit(session, wanted, ulong(2)))
        must(module.C_FindObjects(session, ctypes.byref(key), ulong(1), ctypes.byref(found)))
        must(module.C_FindObjectsFinal(session))
        must(module.C_SetAttributeValue(session, key, ctypes.byref(_attribute(0x10C, b"\1")), ulong(1)))
        must(module.C_Finalize(None))
