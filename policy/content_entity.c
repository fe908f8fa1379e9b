/*
 * content_entity.c - character references of HTML: by number, and by name for what stands in words.
 * HTML s13.2.5.72 to 80, s13.5. Memory: none. Of the 2231 names those of letters of Europe, of
 * ASCII, and of white space and what is invisible; the others stay as they are written.
 */
#include "content_text.h"

#include <stdlib.h>

#define NAME_MOST 21
#define OLD_MOST  6

/* In the order of strcmp(). old: browsers do without the ';'. Any blank is a blank. */
static const struct entity {
	const char *name;
	uint32_t c;
	bool old;
} entities[] = {
	/* clang-format off */
	{ "AElig", 0xC6, true }, { "AMP", 0x26, true }, { "Aacute", 0xC1, true }, { "Abreve", 0x102, false },
	{ "Acirc", 0xC2, true }, { "Acy", 0x410, false }, { "Agrave", 0xC0, true }, { "Alpha", 0x391, false },
	{ "Amacr", 0x100, false }, { "Aogon", 0x104, false }, { "ApplyFunction", 0x2061, false }, { "Aring", 0xC5, true },
	{ "Atilde", 0xC3, true }, { "Auml", 0xC4, true }, { "Bcy", 0x411, false }, { "Beta", 0x392, false },
	{ "CHcy", 0x427, false }, { "COPY", 0xA9, true }, { "Cacute", 0x106, false }, { "Ccaron", 0x10C, false },
	{ "Ccedil", 0xC7, true }, { "Ccirc", 0x108, false }, { "Cdot", 0x10A, false }, { "Cedilla", 0xB8, false },
	{ "CenterDot", 0xB7, false }, { "Chi", 0x3A7, false }, { "CloseCurlyDoubleQuote", 0x201D, false },
	{ "CloseCurlyQuote", 0x2019, false }, { "DJcy", 0x402, false }, { "DScy", 0x405, false }, { "DZcy", 0x40F, false },
	{ "Dagger", 0x2021, false }, { "Dcaron", 0x10E, false }, { "Dcy", 0x414, false }, { "Delta", 0x394, false },
	{ "DiacriticalAcute", 0xB4, false }, { "DiacriticalGrave", 0x60, false }, { "Dot", 0xA8, false },
	{ "DoubleDot", 0xA8, false }, { "Dstrok", 0x110, false }, { "ENG", 0x14A, false }, { "ETH", 0xD0, true },
	{ "Eacute", 0xC9, true }, { "Ecaron", 0x11A, false }, { "Ecirc", 0xCA, true }, { "Ecy", 0x42D, false },
	{ "Edot", 0x116, false }, { "Egrave", 0xC8, true }, { "Emacr", 0x112, false }, { "Eogon", 0x118, false },
	{ "Epsilon", 0x395, false }, { "Eta", 0x397, false }, { "Euml", 0xCB, true }, { "Fcy", 0x424, false },
	{ "GJcy", 0x403, false }, { "GT", 0x3E, true }, { "Gamma", 0x393, false }, { "Gammad", 0x3DC, false },
	{ "Gbreve", 0x11E, false }, { "Gcedil", 0x122, false }, { "Gcirc", 0x11C, false }, { "Gcy", 0x413, false },
	{ "Gdot", 0x120, false }, { "HARDcy", 0x42A, false }, { "Hat", 0x5E, false }, { "Hcirc", 0x124, false },
	{ "Hstrok", 0x126, false }, { "IEcy", 0x415, false }, { "IJlig", 0x132, false }, { "IOcy", 0x401, false },
	{ "Iacute", 0xCD, true }, { "Icirc", 0xCE, true }, { "Icy", 0x418, false }, { "Idot", 0x130, false },
	{ "Igrave", 0xCC, true }, { "Imacr", 0x12A, false }, { "InvisibleComma", 0x2063, false },
	{ "InvisibleTimes", 0x2062, false }, { "Iogon", 0x12E, false }, { "Iota", 0x399, false },
	{ "Itilde", 0x128, false }, { "Iukcy", 0x406, false }, { "Iuml", 0xCF, true }, { "Jcirc", 0x134, false },
	{ "Jcy", 0x419, false }, { "Jsercy", 0x408, false }, { "Jukcy", 0x404, false }, { "KHcy", 0x425, false },
	{ "KJcy", 0x40C, false }, { "Kappa", 0x39A, false }, { "Kcedil", 0x136, false }, { "Kcy", 0x41A, false },
	{ "LJcy", 0x409, false }, { "LT", 0x3C, true }, { "Lacute", 0x139, false }, { "Lambda", 0x39B, false },
	{ "Lcaron", 0x13D, false }, { "Lcedil", 0x13B, false }, { "Lcy", 0x41B, false }, { "Lmidot", 0x13F, false },
	{ "Lstrok", 0x141, false }, { "Mcy", 0x41C, false }, { "MediumSpace", 0x20, false }, { "Mu", 0x39C, false },
	{ "NJcy", 0x40A, false }, { "Nacute", 0x143, false }, { "Ncaron", 0x147, false }, { "Ncedil", 0x145, false },
	{ "Ncy", 0x41D, false }, { "NegativeMediumSpace", 0x200B, false }, { "NegativeThickSpace", 0x200B, false },
	{ "NegativeThinSpace", 0x200B, false }, { "NegativeVeryThinSpace", 0x200B, false }, { "NewLine", 0x0A, false },
	{ "NoBreak", 0x2060, false }, { "NonBreakingSpace", 0x20, false }, { "Ntilde", 0xD1, true }, { "Nu", 0x39D, false },
	{ "OElig", 0x152, false }, { "Oacute", 0xD3, true }, { "Ocirc", 0xD4, true }, { "Ocy", 0x41E, false },
	{ "Odblac", 0x150, false }, { "Ograve", 0xD2, true }, { "Omacr", 0x14C, false }, { "Omega", 0x3A9, false },
	{ "Omicron", 0x39F, false }, { "OpenCurlyDoubleQuote", 0x201C, false }, { "OpenCurlyQuote", 0x2018, false },
	{ "Oslash", 0xD8, true }, { "Otilde", 0xD5, true }, { "Ouml", 0xD6, true }, { "OverBar", 0x203E, false },
	{ "Pcy", 0x41F, false }, { "Phi", 0x3A6, false }, { "Pi", 0x3A0, false }, { "PlusMinus", 0xB1, false },
	{ "Prime", 0x2033, false }, { "Psi", 0x3A8, false }, { "QUOT", 0x22, true }, { "REG", 0xAE, true },
	{ "Racute", 0x154, false }, { "Rcaron", 0x158, false }, { "Rcedil", 0x156, false }, { "Rcy", 0x420, false },
	{ "Rho", 0x3A1, false }, { "SHCHcy", 0x429, false }, { "SHcy", 0x428, false }, { "SOFTcy", 0x42C, false },
	{ "Sacute", 0x15A, false }, { "Scaron", 0x160, false }, { "Scedil", 0x15E, false }, { "Scirc", 0x15C, false },
	{ "Scy", 0x421, false }, { "Sigma", 0x3A3, false }, { "THORN", 0xDE, true }, { "TRADE", 0x2122, false },
	{ "TSHcy", 0x40B, false }, { "TScy", 0x426, false }, { "Tab", 0x09, false }, { "Tau", 0x3A4, false },
	{ "Tcaron", 0x164, false }, { "Tcedil", 0x162, false }, { "Tcy", 0x422, false }, { "Theta", 0x398, false },
	{ "ThinSpace", 0x20, false }, { "Tstrok", 0x166, false }, { "Uacute", 0xDA, true }, { "Ubrcy", 0x40E, false },
	{ "Ubreve", 0x16C, false }, { "Ucirc", 0xDB, true }, { "Ucy", 0x423, false }, { "Udblac", 0x170, false },
	{ "Ugrave", 0xD9, true }, { "Umacr", 0x16A, false }, { "UnderBar", 0x5F, false }, { "Uogon", 0x172, false },
	{ "Upsi", 0x3D2, false }, { "Upsilon", 0x3A5, false }, { "Uring", 0x16E, false }, { "Utilde", 0x168, false },
	{ "Uuml", 0xDC, true }, { "Vcy", 0x412, false }, { "Verbar", 0x2016, false }, { "Vert", 0x2016, false },
	{ "VerticalLine", 0x7C, false }, { "VeryThinSpace", 0x20, false }, { "Wcirc", 0x174, false },
	{ "Xi", 0x39E, false }, { "YAcy", 0x42F, false }, { "YIcy", 0x407, false }, { "YUcy", 0x42E, false },
	{ "Yacute", 0xDD, true }, { "Ycirc", 0x176, false }, { "Ycy", 0x42B, false }, { "Yuml", 0x178, false },
	{ "ZHcy", 0x416, false }, { "Zacute", 0x179, false }, { "Zcaron", 0x17D, false }, { "Zcy", 0x417, false },
	{ "Zdot", 0x17B, false }, { "ZeroWidthSpace", 0x200B, false }, { "Zeta", 0x396, false }, { "aacute", 0xE1, true },
	{ "abreve", 0x103, false }, { "acirc", 0xE2, true }, { "acute", 0xB4, true }, { "acy", 0x430, false },
	{ "aelig", 0xE6, true }, { "af", 0x2061, false }, { "agrave", 0xE0, true }, { "alpha", 0x3B1, false },
	{ "amacr", 0x101, false }, { "amp", 0x26, true }, { "angst", 0xC5, false }, { "aogon", 0x105, false },
	{ "apos", 0x27, false }, { "aring", 0xE5, true }, { "ast", 0x2A, false }, { "atilde", 0xE3, true },
	{ "auml", 0xE4, true }, { "backepsilon", 0x3F6, false }, { "backprime", 0x2035, false }, { "bcy", 0x431, false },
	{ "bdquo", 0x201E, false }, { "bepsi", 0x3F6, false }, { "beta", 0x3B2, false }, { "bprime", 0x2035, false },
	{ "brvbar", 0xA6, true }, { "bsemi", 0x204F, false }, { "bsol", 0x5C, false }, { "bull", 0x2022, false },
	{ "bullet", 0x2022, false }, { "cacute", 0x107, false }, { "caret", 0x2041, false }, { "ccaron", 0x10D, false },
	{ "ccedil", 0xE7, true }, { "ccirc", 0x109, false }, { "cdot", 0x10B, false }, { "cedil", 0xB8, true },
	{ "cent", 0xA2, true }, { "centerdot", 0xB7, false }, { "chcy", 0x447, false }, { "chi", 0x3C7, false },
	{ "circledR", 0xAE, false }, { "colon", 0x3A, false }, { "comma", 0x2C, false }, { "commat", 0x40, false },
	{ "copy", 0xA9, true }, { "curren", 0xA4, true }, { "dagger", 0x2020, false }, { "dash", 0x2D, false },
	{ "dcaron", 0x10F, false }, { "dcy", 0x434, false }, { "ddagger", 0x2021, false }, { "deg", 0xB0, true },
	{ "delta", 0x3B4, false }, { "die", 0xA8, false }, { "digamma", 0x3DD, false }, { "div", 0xF7, false },
	{ "divide", 0xF7, true }, { "djcy", 0x452, false }, { "dollar", 0x24, false }, { "dscy", 0x455, false },
	{ "dstrok", 0x111, false }, { "dzcy", 0x45F, false }, { "eacute", 0xE9, true }, { "ecaron", 0x11B, false },
	{ "ecirc", 0xEA, true }, { "ecy", 0x44D, false }, { "edot", 0x117, false }, { "egrave", 0xE8, true },
	{ "emacr", 0x113, false }, { "emsp", 0x20, false }, { "emsp13", 0x20, false }, { "emsp14", 0x20, false },
	{ "eng", 0x14B, false }, { "ensp", 0x20, false }, { "eogon", 0x119, false }, { "epsi", 0x3B5, false },
	{ "epsilon", 0x3B5, false }, { "epsiv", 0x3F5, false }, { "equals", 0x3D, false }, { "eta", 0x3B7, false },
	{ "eth", 0xF0, true }, { "euml", 0xEB, true }, { "euro", 0x20AC, false }, { "excl", 0x21, false },
	{ "fcy", 0x444, false }, { "ffilig", 0xFB03, false }, { "fflig", 0xFB00, false }, { "ffllig", 0xFB04, false },
	{ "filig", 0xFB01, false }, { "fllig", 0xFB02, false }, { "fnof", 0x192, false }, { "frac12", 0xBD, true },
	{ "frac14", 0xBC, true }, { "frac34", 0xBE, true }, { "frasl", 0x2044, false }, { "gacute", 0x1F5, false },
	{ "gamma", 0x3B3, false }, { "gammad", 0x3DD, false }, { "gbreve", 0x11F, false }, { "gcirc", 0x11D, false },
	{ "gcy", 0x433, false }, { "gdot", 0x121, false }, { "gjcy", 0x453, false }, { "grave", 0x60, false },
	{ "gt", 0x3E, true }, { "hairsp", 0x20, false }, { "half", 0xBD, false }, { "hardcy", 0x44A, false },
	{ "hcirc", 0x125, false }, { "hellip", 0x2026, false }, { "horbar", 0x2015, false }, { "hstrok", 0x127, false },
	{ "hybull", 0x2043, false }, { "hyphen", 0x2D, false }, { "iacute", 0xED, true }, { "ic", 0x2063, false },
	{ "icirc", 0xEE, true }, { "icy", 0x438, false }, { "iecy", 0x435, false }, { "iexcl", 0xA1, true },
	{ "igrave", 0xEC, true }, { "ijlig", 0x133, false }, { "imacr", 0x12B, false }, { "imath", 0x131, false },
	{ "imped", 0x1B5, false }, { "inodot", 0x131, false }, { "iocy", 0x451, false }, { "iogon", 0x12F, false },
	{ "iota", 0x3B9, false }, { "iquest", 0xBF, true }, { "it", 0x2062, false }, { "itilde", 0x129, false },
	{ "iukcy", 0x456, false }, { "iuml", 0xEF, true }, { "jcirc", 0x135, false }, { "jcy", 0x439, false },
	{ "jmath", 0x237, false }, { "jsercy", 0x458, false }, { "jukcy", 0x454, false }, { "kappa", 0x3BA, false },
	{ "kappav", 0x3F0, false }, { "kcedil", 0x137, false }, { "kcy", 0x43A, false }, { "kgreen", 0x138, false },
	{ "khcy", 0x445, false }, { "kjcy", 0x45C, false }, { "lacute", 0x13A, false }, { "lambda", 0x3BB, false },
	{ "laquo", 0xAB, true }, { "lbrace", 0x7B, false }, { "lbrack", 0x5B, false }, { "lcaron", 0x13E, false },
	{ "lcedil", 0x13C, false }, { "lcub", 0x7B, false }, { "lcy", 0x43B, false }, { "ldquo", 0x201C, false },
	{ "ldquor", 0x201E, false }, { "ljcy", 0x459, false }, { "lmidot", 0x140, false }, { "lowbar", 0x5F, false },
	{ "lpar", 0x28, false }, { "lrm", 0x200E, false }, { "lsaquo", 0x2039, false }, { "lsqb", 0x5B, false },
	{ "lsquo", 0x2018, false }, { "lsquor", 0x201A, false }, { "lstrok", 0x142, false }, { "lt", 0x3C, true },
	{ "macr", 0xAF, true }, { "mcy", 0x43C, false }, { "mdash", 0x2014, false }, { "micro", 0xB5, true },
	{ "midast", 0x2A, false }, { "middot", 0xB7, true }, { "mldr", 0x2026, false }, { "mu", 0x3BC, false },
	{ "nacute", 0x144, false }, { "napos", 0x149, false }, { "nbsp", 0x20, true }, { "ncaron", 0x148, false },
	{ "ncedil", 0x146, false }, { "ncy", 0x43D, false }, { "ndash", 0x2013, false }, { "njcy", 0x45A, false },
	{ "nldr", 0x2025, false }, { "not", 0xAC, true }, { "ntilde", 0xF1, true }, { "nu", 0x3BD, false },
	{ "num", 0x23, false }, { "numsp", 0x20, false }, { "oacute", 0xF3, true }, { "ocirc", 0xF4, true },
	{ "ocy", 0x43E, false }, { "odblac", 0x151, false }, { "oelig", 0x153, false }, { "ograve", 0xF2, true },
	{ "ohm", 0x3A9, false }, { "oline", 0x203E, false }, { "omacr", 0x14D, false }, { "omega", 0x3C9, false },
	{ "omicron", 0x3BF, false }, { "ordf", 0xAA, true }, { "ordm", 0xBA, true }, { "oslash", 0xF8, true },
	{ "otilde", 0xF5, true }, { "ouml", 0xF6, true }, { "para", 0xB6, true }, { "pcy", 0x43F, false },
	{ "percnt", 0x25, false }, { "period", 0x2E, false }, { "permil", 0x2030, false }, { "pertenk", 0x2031, false },
	{ "phi", 0x3C6, false }, { "phiv", 0x3D5, false }, { "pi", 0x3C0, false }, { "piv", 0x3D6, false },
	{ "plus", 0x2B, false }, { "plusmn", 0xB1, true }, { "pm", 0xB1, false }, { "pound", 0xA3, true },
	{ "prime", 0x2032, false }, { "psi", 0x3C8, false }, { "puncsp", 0x20, false }, { "qprime", 0x2057, false },
	{ "quest", 0x3F, false }, { "quot", 0x22, true }, { "racute", 0x155, false }, { "raquo", 0xBB, true },
	{ "rbrace", 0x7D, false }, { "rbrack", 0x5D, false }, { "rcaron", 0x159, false }, { "rcedil", 0x157, false },
	{ "rcub", 0x7D, false }, { "rcy", 0x440, false }, { "rdquo", 0x201D, false }, { "rdquor", 0x201D, false },
	{ "reg", 0xAE, true }, { "rho", 0x3C1, false }, { "rhov", 0x3F1, false }, { "rlm", 0x200F, false },
	{ "rpar", 0x29, false }, { "rsaquo", 0x203A, false }, { "rsqb", 0x5D, false }, { "rsquo", 0x2019, false },
	{ "rsquor", 0x2019, false }, { "sacute", 0x15B, false }, { "sbquo", 0x201A, false }, { "scaron", 0x161, false },
	{ "scedil", 0x15F, false }, { "scirc", 0x15D, false }, { "scy", 0x441, false }, { "sect", 0xA7, true },
	{ "semi", 0x3B, false }, { "shchcy", 0x449, false }, { "shcy", 0x448, false }, { "shy", 0xAD, true },
	{ "sigma", 0x3C3, false }, { "sigmaf", 0x3C2, false }, { "sigmav", 0x3C2, false }, { "softcy", 0x44C, false },
	{ "sol", 0x2F, false }, { "straightepsilon", 0x3F5, false }, { "straightphi", 0x3D5, false },
	{ "strns", 0xAF, false }, { "sup1", 0xB9, true }, { "sup2", 0xB2, true }, { "sup3", 0xB3, true },
	{ "szlig", 0xDF, true }, { "tau", 0x3C4, false }, { "tcaron", 0x165, false }, { "tcedil", 0x163, false },
	{ "tcy", 0x442, false }, { "theta", 0x3B8, false }, { "thetasym", 0x3D1, false }, { "thetav", 0x3D1, false },
	{ "thinsp", 0x20, false }, { "thorn", 0xFE, true }, { "times", 0xD7, true }, { "tprime", 0x2034, false },
	{ "trade", 0x2122, false }, { "tscy", 0x446, false }, { "tshcy", 0x45B, false }, { "tstrok", 0x167, false },
	{ "uacute", 0xFA, true }, { "ubrcy", 0x45E, false }, { "ubreve", 0x16D, false }, { "ucirc", 0xFB, true },
	{ "ucy", 0x443, false }, { "udblac", 0x171, false }, { "ugrave", 0xF9, true }, { "umacr", 0x16B, false },
	{ "uml", 0xA8, true }, { "uogon", 0x173, false }, { "upsi", 0x3C5, false }, { "upsih", 0x3D2, false },
	{ "upsilon", 0x3C5, false }, { "uring", 0x16F, false }, { "utilde", 0x169, false }, { "uuml", 0xFC, true },
	{ "varepsilon", 0x3F5, false }, { "varkappa", 0x3F0, false }, { "varphi", 0x3D5, false }, { "varpi", 0x3D6, false },
	{ "varrho", 0x3F1, false }, { "varsigma", 0x3C2, false }, { "vartheta", 0x3D1, false }, { "vcy", 0x432, false },
	{ "verbar", 0x7C, false }, { "vert", 0x7C, false }, { "wcirc", 0x175, false }, { "xi", 0x3BE, false },
	{ "yacute", 0xFD, true }, { "yacy", 0x44F, false }, { "ycirc", 0x177, false }, { "ycy", 0x44B, false },
	{ "yen", 0xA5, true }, { "yicy", 0x457, false }, { "yucy", 0x44E, false }, { "yuml", 0xFF, true },
	{ "zacute", 0x17A, false }, { "zcaron", 0x17E, false }, { "zcy", 0x437, false }, { "zdot", 0x17C, false },
	{ "zeta", 0x3B6, false }, { "zhcy", 0x436, false }, { "zwj", 0x200D, false }, { "zwnj", 0x200C, false },
	/* clang-format on */
};

/* &#128; to &#159; are what Windows has there. */
static const uint16_t windows[32] = { 0x20AC, 0, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021,
	0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0, 0x17E, 0x178 };

/* "&#99;", "&#x63;": any number of zeros in front, and browsers do without the ';'. Octets of it; 0
 * when it is none. */
static size_t
numeric(struct smime_bytes in, uint32_t *out)
{
	bool hex = in.len > 2 && (in.data[2] | 32) == 'x';
	size_t from = hex ? 3 : 2, i = from;
	uint32_t n = 0;

	for (; i < in.len; i++) {
		int d = smime_hex_digit(in.data[i]);

		if (d < 0 || (!hex && d > 9))
			break;
		if (n < 0x1000000)
			n = n * (hex ? 16 : 10) + (uint32_t)d;
	}
	*out = n >= 0x80 && n < 0xA0 && windows[n - 0x80] ? windows[n - 0x80] : n;
	if (i == from)
		return 0;
	return i < in.len && in.data[i] == ';' ? i + 1 : i;
}

static int
compare(const void *key, const void *row)
{
	const struct smime_bytes *name = key;
	const char *other = ((const struct entity *)row)->name;
	int order = strncmp((const char *)name->data, other, name->len);

	return order == 0 && other[name->len] ? -1 : order;
}

static const struct entity *
find(struct smime_bytes name)
{
	return bsearch(
	    &name, entities, sizeof entities / sizeof *entities, sizeof *entities, compare);
}

/* "&auml;", "&auml": the longest name that fits. */
static size_t
named(struct smime_bytes in, uint32_t *out)
{
	struct smime_bytes name = smime_bytes_slice(in, 1, in.len);
	const struct entity *e;
	size_t len = 0;

	while (len < name.len && len <= NAME_MOST &&
	       ((name.data[len] >= '0' && name.data[len] <= '9') ||
		   ((name.data[len] | 32) >= 'a' && (name.data[len] | 32) <= 'z')))
		len++;
	e = len > 0 && len < name.len && name.data[len] == ';'
		? find(smime_bytes_slice(name, 0, len))
		: NULL;
	if (e) {
		*out = e->c;
		return len + 2;
	}
	for (len = len < OLD_MOST ? len : OLD_MOST; len > 0; len--) {
		e = find(smime_bytes_slice(name, 0, len));
		if (e && e->old) {
			*out = e->c;
			return len + 1;
		}
	}
	return 0;
}

size_t
policy_html_reference(struct smime_bytes in, uint32_t *out)
{
	return in.len > 2 && in.data[1] == '#' ? numeric(in, out) : named(in, out);
}
