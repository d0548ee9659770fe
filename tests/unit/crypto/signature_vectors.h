// Signatures that a verifier must tell apart, and the keys that they belong to. They were computed
// for these tests with plain arithmetic, not by a library: the keys of the curves follow from the
// point and the s that a signature was to have, so that r + n and s + n fit into as many bytes, and
// so that the x of the point exceeds n; the RSA key is one of our own, so that its paddings are
// wrong in any way that is wanted.
#pragma once

#include <string>

namespace authd::test {

inline const std::string kSigned = "what is signed";

// r and s in hex, as many bytes as a coordinate of the curve has.
struct CurveVector {
  const char* curve;
  std::string x;  // base64url
  std::string y;
  std::string r;
  std::string s;
  std::string n;  // the order of the curve
};

// r and s are small: added to n they still fit.
inline const CurveVector kSmall[] = {
    {"P-256", "FT7cJNrWrv_qwWvWyTg22tYjJ_uzlbDkfs3vbGyDp1k",
     "VaD0QdGVEnQmiuOIBm8PZ94uqc7JOHS8rngPc2g1RHs",
     "000000000000000000000000000000000000000f958507ad239eed24c2c06401",
     "0000000000000000332a0a61fcb042d95966eb44e0c6774455113dc30e9a8df5",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
    {"P-384", "ZSfxsjfroKyrQsg7P_73WzCYnhP4mwIeUVOvVXP68CiGeZ-gY79-wtKL7q7vYfZx",
     "BTmIK13znWlayOPcqbcDIY6DtG8xcvjnU5ikmmb3WQ4BoDCUL-E8IFGew7sAJf4o",
     "000000000000000000000000000000000000000000000000000000000000000000000000e25fe71d4fe2c4e12b5"
     "eadad",
     "000000000000000000000000000000000000000000000000298b4919be71c2d9e66c0e9819428e8a34c6049fa99"
     "98118",
     "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc"
     "52973"},
    {"P-521",
     "AUui7YJDrTCR0GE9WkuIStHvcfkHaBjyIixKYkIArjv3pPw0ZAfvL8TJotbYr0NHMaEb9jafV6YVViyYTUJoxtRm",
     "AVeViSdiphDst8_c5wEC14JZ4UlrgA4B9HAcGYdK-gSH8L6tzeQU9ht89U4wZb4hd5_VHch-f14qYwn92mymhMwS",
     "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000f65cc9029f777337923fe54e",
     "0000000000000000000000000000000000000000000000000000000000000000000000000000000000002cee883"
     "453c80a75c85ad6ff6546e4be3379782e12806dcc",
     "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc014"
     "8f709a5d03bb5c9b8899c47aebb6fb71e91386409"},
};

// The x of the point is not below n, and r is what is left of it: good signatures, of which a
// verifier that compares too simply says that they are not.
inline const CurveVector kWrapped[] = {
    {"P-256", "XWdElktMCNL6lOb0Aliy4nhHO29c7upHh2JrZfNCzd0",
     "gyVDtyfcA-viobjWespwFUXniYvzP5dAfQBtllhXfGA",
     "000000000000000000000000000000000000000000000000b9c48cb01720800f",
     "ace970fccddba416a3966023df2d5c05a83c546dbc4d13dcd6c93f01a9f18630",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
    {"P-384", "PhHgrx-52iUEsNMwzX5YA_5L2NedcGvDOWG9ZJp1jShteHQVJBWnebUlvDKxBT8S",
     "uSIvnVoATQuufllTYWTKM_TzE4ARwKi9o61zY_lipZGAz2KPljDRxsmh92ueS_5D",
     "000000000000000000000000000000000000000000000000000000000000000000000000000000003c19c840d9f"
     "9bacd",
     "83de0b93946a0998d6567964cfbaa4dd12f034c143d2ba1160a8a1e2fdbc4be2e7f137f5a11b5c7df5a6b47b57a"
     "73cab",
     "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc"
     "52973"},
    {"P-521",
     "AVfjo0QLAo7-eRvWmT1SBC8ID6oU7oN91sALSa-hUcw5LPU4hcZ8oXZgM0rX6ahyhmb-20WWm21z5fY4lUOaIGhy",
     "ADnGw62VjkfTvu1BnLl2JGFBJnGy6pIlEqidVcUUsPmoAMmJmhRKl7aX5890PjnDDN75FrfaFKDTNbnZlhkZz_c5",
     "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "000000000000000000000000010cc80422fb71eac",
     "01b2b40a5b86968a2fa3cd191c7ccf4d7c58c67e2041df70b032f3ddcd46e156ceb24223d05b17b98c28ca927d7"
     "25879f224333931383701003ff7453614dba55617",
     "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc014"
     "8f709a5d03bb5c9b8899c47aebb6fb71e91386409"},
};

// r and s have 29 bytes, so that the signature in DER has 64.
inline const CurveVector kDerOf64Bytes = {
    "P-256",
    "hBlRFrfIFn__X8Zt1sLNG5p1JBS859H-wIb7ZXQ0y9Y",
    "SHIaxK7HibQQTMviYmAjjw0zM9y6q9W9Uih21_cqjN8",
    "0000007d9fdcc21c11570c3ffdd471d22152b5cf90bc4c1046597fc84f9e9d92",
    "0000007cd67050fa52d6abd489b894ba72dcd5a246004dbfaad384b6e1b75b47",
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"};

// No point of P-256 has this x.
inline const std::string kNoPoint = "AjKyPg27L7NdsqORu9j8Q-MR-84Kx3C1SLPYzCAYCys";

// Of one key, in hex. `mixed` has a point of order 8 added to R, which a verifier with a cofactor
// would take; `odd_form` has the neutral point as R, written with a y that is not below p.
struct Ed25519Vector {
  std::string x;  // base64url
  std::string good;
  std::string mixed;
  std::string odd_form;
  std::string order;  // of the group, little-endian as S is
};
inline const Ed25519Vector kEd25519Vector = {
    "Ae8RgOn5AyOjSsJYIEiRFcepIOWE6RDd5YBOO9q6i3I",
    "16b8d2a002dfc42e0388253228d92dcbb8dc84d4c032b252f1080aa0fb3c0b6342bf63304697f3a640edc4c1827a"
    "6d63e4c5d0bcbb5da15affae2534ea72af04",
    "51cd9dd659c0251522165962972637e70c10cdd8bcf440fde0edf35a7d64ea4b50db8479ad6b86b318f34296ccc7"
    "49519c73952eef49289a94d2d1c30ab6ac0f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f45ab2fef2ce8da972bed1813cb99"
    "f0f1212f67625f893da2dfd80e090590e30d",
    "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"};

inline const std::string kRsaModulus =
    "r0EmOjTNKXw2Ef6CkYLwKvP9iqjZMVabvVYMXZBhK0LHN-bfzap7uRTjfWwJydWoBFUOMTqnv37DjqbEhBEYKrGapILx"
    "WOdPT2o8OrVvAD6GPE0fy2fu6ulWL67U2XXROKxgHcSWw0SLa2TRT9sxzXgVDLLNzm6nZqoIlHvDHqzSOUexPcvqpCvj"
    "AAgff3rSbxIPoodUvgyx6dRotGfxzX1Zah0mMwe0xqDzCpZLSSvMYQmrMBd7Nu0D_dMN3yYkRl82NBmebzCR8do7aaBf"
    "MHV5cD_c8XD_jCfurBVxh2kaFyVd7Xay20kJbQ9EzLqs7H0Pt1jQZJr_z4ODxWSmFw";

struct RsaVector {
  const char* what;
  std::string signature;  // base64url
};

// For RS256; only the first is good.
inline const RsaVector kPkcs1[] = {
    {"good",
     "q_jf797PIbMmFMxkrq-TghkWpuY63b8BNoPEhRZ79rzDl7ZiCFwiMPNkoiwyeTtzgCB5FhZ1GE_LbLG32MBvuTrPxTb"
     "VcWmMdw2gokj5XlKiRxLrJRcUPcoYLJLbOUl6FraY8HzU2gYIcZK933zHNgzw4TDlR0TYIEO65WoD1ffhJi3ydl6ws9"
     "13KxuBs7bOUZE46vuNxmzn6u3CQF1ljV33mLi-anDuOvrQExL6VtYAEMzRUiYMw0lpxdjTbk9AvO1mEnXiSnEeJR3lX"
     "ia7NfkutkG5jaZ26wuZUZ677HAfJ3mt7VIMCM-B0F-H65qZvsXBRTkkMLOJbncs3WlR6A"},
    {"parameters left out",
     "O4g0ZcjbBq5kuie5EZf8c3tE53FtwmHpIrx-OqFwNWY5K9N53jjRrDVFCaR0B-14YwD8ejWkDeBs07LeUXXUwfVAnEh"
     "EYtQCHJTBv_zWWN36A0qfCjiMJXcplhWHunmsvrVGh7mbrdh6l_Ynt48H26xfWt6_EOoMVWKXveACDk8UxjC_xUTYUV"
     "fRjlu9bSRYdWy3LjPVDCFcKDHppisZEaOAlHgawDYtKGJc0NlOW5EL-CLiyxIUqRRjUHOYCULwiqy-tiouND1r8af19"
     "HO5Mc49fE8w8sOg8l5NsOG4fdI_ChPhB_u-_qy6JDdX3aIFkE8NK4cDGMURNgsamO181g"},
    {"length in BER",
     "p924Wwv7JC5Ykd8-bOpBAQ37eYpuJyO2UCc4_WV8AhEVDyOpIGwUkL89pIVv54pgXctRVB0iGgYRdFKUWm27c8y_25E"
     "heJEbKeXwW0TGwlJfM5Y_cVGOb97W-TnhFyGpWZdF2peaIZEE2zinDJtMV5eRPVRePbhQB_s6twjavvJWilJdvUJGzF"
     "nIMEcu_lQ4B6HT0njDsf93mRpi-BEsGMy0n5QMEy6B4TAgZlGWY6_GdniIB0AhsjyIz0ZxPyBkBfmCFfNh4tHGPtzXM"
     "tzRfvgO73cEsiNQRayPWQGMPQClaoy9hXzKz7aLBezMb53i_GrdSn_6OY-XjgH_-XLhkA"},
    {"SHA-512 named",
     "H4lyuftVcx6bHGE42nIZvV3slkynaq5pEv7r9Se8I6yK8ID53zx5B8zGIw8uENIIOeP7aLqyc6-bBwlhr_NXdKccH8M"
     "9mnzrly688vL7iCnxFVkcuyA9DDT0KWgoBnNqVuUiT7sIoDKyoXnxUJZSBSfp-wMY-mlfRmBFCJj40D3yrzji2GxtnC"
     "CO-1oA85eyeMyyikWm8jYmkZrX8Cr-HRNvKuWsSTd8OQZ6TCsawUZ7j4gqCBf-_7OMqQE8CBUhUhNQrJ4QW00ZnXn0J"
     "5QArQkkbAvSs3EjGFAHPoqbcmR_Tc7lT5e47uvIUegO9jwlKpL2gVKwj0sywwgH4J_gVQ"},
    {"SHA-1",
     "H5JtEvcNvL1Ct2IF-Bcq0B3kwS6Uar2ics1eB2QlNo2mCYOcKculhlAZz_TVlVzAqIrNfRf4q6p6BwGMjEGzlT2iYPQ"
     "G70KFhlEZYhxpALespe4idyJYr2HAlU7lRhlDjlgCrYvaqOIwFpvm0xoD0DbBoxMUBtQqiEgCns2m5sYHRJGOikk0sx"
     "um98rwk3c_mrlLYce8g0xJw9PhvPSRges-OFuQIm-pOcaIu2v_z9W_uXeZ3CdH4HU9s1RPZvU2g-jz_ZGF0vqcVug7q"
     "ew2D2HBEeAj0UqltvCWV5nsNtyEq5eNeEopYhYdKaFmU3arULPnUHdMV8FyoPkDL-4P6w"},
    {"bare digest",
     "L-0IihqV8R25N0xjBueCZddEsffK9rlupMli_lVfCUcT7rdRC9_MA0-fSv5kl-XcwXgwLUg3lZ4s7Bx-J_WktaI3Dph"
     "yNGRaSeVKdhrO83UygWJXjNsj3YWGsRYOTmNIfumVDvG-cC9XvYyWJr4DCMyfw8RvsGSYcRpsEho6Hvuiq9K7bkr-Pk"
     "AZTDegHOjrA8AaJnZsyoLYc_tMcw_lBF-4kbZ5iRvtT33LeChdeYftOkeZO4fbiOXFY72t10NZcxlPrRa9HfUzfQsyP"
     "0PdaWyR0ShzLY0S0cxiL0skN3DdQgu5WfGjXnskrIRAYPCYkaBpDjSQ6ihZ0oZgI31ByQ"},
    {"garbage after the digest",
     "UZfsfg0WxjjxVubfWEvc8U-0DJmI6zHWZ90VFlwIDsyBm125_tf-tfqlc0k-JMBzbLcjx1iZKTUH8TaVtYWq6jS14JI"
     "BwGdghl9AC9pW4psxSI2j6hwjuknYvW4MVQEoHXDbpZt5WgMj9OkpmX-doH4es3Sa3jOngPWplh_RIEGQ77MxOkbTMM"
     "kJqCC7dM7udfz4gIRENQysPM2ekrnfXzGvgH9eD69Can-s-M9LbFpWEm8kLZafq6xbCCMhXflglY2E32_9NFBXC-NM7"
     "GIJcYd1NCXjHs0PJ3E7ens39xbVVtvZ-aSoGVEU3lz6L7093mHadxRJln4XusnXxX-xhA"},
    {"garbage inside",
     "KxGaJ_0XoYia_PjugnktNoVr5pYctkbfRcDJQv6yAO2CKV_ekRzhsBMcXmOAlmbHaIb4daVhynP-iP5P2JGtO8Rw1w9"
     "0ZWF7vxuTNa0MiB-epVANYezQ--zY1XBPNHRTV6xnVMrUx-djn7H0H4NtfoJPsmMIqZWtugSbillkFsKEXKlvSiw5Tq"
     "SmkkjKX9DEoDqD4eKNiG3JOX26Hef5CjUETqtN67-5PQ-SaRaHmvydhZHg8_bfmzY1s92zNpMf5PofoSls6DzaRBES-"
     "KYY3u3DyJMxD7EhK-Ak-UPEG8eUB_8cfMno4VQ6TW4NCdJ-kO2WJvTevuhNyonKdOfcEA"},
    {"block type 2",
     "ScrBjNtZCvnkHiCBZXrvz_sLHhgCImAhOe37hY9dnhLTIUcHV1kHpXeAOPJ646XYSN6UGREMkthJGoseFi5lzLYbZNa"
     "cEBWlIsQbp135Mtx0DnkfILPh3vMmeYAujqb3ihd8gLp6krJgZA1ATxBYxCPPI6Z4ROSlgs181hUa23MqlP3TImel1D"
     "WiIRyQdMJGitsv286axKYO47ShTwkGAFiqG5ndo7Y9jQODK5kR7hxtoA9hwCwJBx6uEOJAECs7s7OsL2fk9u7sfAKJf"
     "gjoYvPT8-vfqaPenFb5vg3pOdJdvHufULCOYi_irIagnwSZjNEcCcIH4rnVmUBki-rKyQ"},
    {"block type 0",
     "bcyFO-aK9yi59iQAgXP_yyOveo5230y3lOO4GMK2D-ycrPwSqXkI4COs0uURFlxZSJ_rPX0OzqMBtt1XRxZnYvUUSsG"
     "gYaiFwJVq1sV0lSq-hOHZJd_gzaoHQnH9V4K6igqOdr4qySRWLiifDDsPkNMhP_rsj2VBR9xjbHeVOzfLfNrNWNUeF7"
     "ONXDWc_QoS3Rc3wdTXbmnypROy4vTJU3-d3B4D0qg4GDWG6Yyen7ZI2dYoLAqf_FBk9_uwVCcbPeGIy9ZlGK1lE5Ftj"
     "LjnFhejzKsc6RJ0HPntJbWyD3OF8YS4jwoovYw1oUwNBoGCFIScGehOSXP_D4fpO5Fdbw"},
    {"a byte of padding",
     "gNwWEY22TIb3IZZoqEWD5IoaBqC4DybG8uD0xghv65MjKOo4xeewPG_oJVxcApqoMA8OwUmShGwRDt3MKDLFgtariTw"
     "IenyhY92WBgCQ_H6ochesADFv5-IOUY8i67cz_XZwvhW1aOV_xYMQIEqyFN8UyHy42cMe091p6vR0BfKT1pc0uAQZ_P"
     "Y9XXUdTPAjMtxYjvXqEU500BQrKgbwFumDA3VgU4-KfetdrRtnS-raJjsP38Ntw8grjXKLhORTkScp_r2EDijQ7t4Fx"
     "EQXaiaAkBkLYhDaX02whEhZy6JXO6tDu9ycpa5H6FyrAgEQHeLwyjcpL1rYWo3bpo1-4Q"},
};

// For PS256, likewise.
inline const RsaVector kPss[] = {
    {"good",
     "EBevcXO1n1qO4NIbtfU_OYOtyLlrNrletvCbNzf44_uCndoE2Dggby70-Eq3lUUQ6JME1T9NJP9LCvPz9IiOUl8Thha"
     "jT7uq2zMz_EzA5pCNADee37b_pp2f5W8nCx3e9_VdtIIdOV1cNW79Cj46jQKChOaFJJVvFPEMkI5Z4LZ91Osymsr8Ea"
     "17bNvZpUzburJE336qn8HeUZK6JARL30jiYQ8D-TAUYqd4BKTfT5X58qVEZEGooiT6YgLIztYwMT4iqP0Fl_drbCERj"
     "6S5clc-HJKcdleyz1aYAft9KMx8D1ugTDgo_Z4Lpw4FkHu7jzDuyCSCH-js52eXS363Aw"},
    {"no salt",
     "OoZyFtfLkV5KHXSbfajGqkSrLnQyfTPIOT6ek7CsrGl68xpLg5uOrdA5SU1IcCZR8MnXdsCapG0w8jbt9Z06-jiHGjV"
     "aIdSAg5JUCzTgAvdcUgB1olirhvv4OqDfeivrMgfgkQ-h0UCzZXcUTV169z7r8Vm5XLOS_HHU4Xee5Q0Mbu0VJidDvz"
     "0MYvVgy6Cn8SQhKXibUDH-SV75cY4punns6lFNT3hpL5n9LQfr4vAFHmremb2eV6aOBYP5pLB0QxBcsOAkhbB0V1lSu"
     "NbYfTQgQtEPUrHOO4RJncEkYnr0AhqIp4NYamBmk7GwKCiv3YN66RPKsAZWeELPrkqF9g"},
    {"salt of 20 bytes",
     "kKA9pl37jtBBlPhCfg3jjkTf4FN7rbxGBnYtkidO18PsCRoiPWrtKWGPF14Glm3n6c4W_RwJ3U384jpnKwN-6bdeTId"
     "KPqMuk79oN9Am6X9x5shgq3lRUKAtASXWuBLTdGh4MpBHEtpj7g0EoKqkdE53kS8BpvxljB0-oVmzx7TNm3DNOmIgRM"
     "5D-cjixTEwJMPg_d6A970_YVRSAohyllYTxJD7sUn188TPhQrTwvmd2Jgs9Q-OVrUFMEegZoK28FVgzq8HBxm2QHqoO"
     "hE5tPun8Fosl0JliGb6zzUe2qva6qjq9Zo_izJlNl70F8eGXTjPmufqK9D-U17YCZq4fw"},
    {"salt of 222 bytes",
     "cIPQW47KDhrzxq3dYcR0WL9y0RoCXEQyk1zzo16Q6-BKPFFlSrwji9h6SnJ0q5F1QrJ9Qfj_sdU4WGlaW1u2qNyxU1Q"
     "86vwNd-BaGavp67kV2UV1yo2L01wIkmJVcX7EXPqCmH6EIjERvP5-q_-C_X1tQjTNNfZJM9wcwOhl5XYmwoaJve4Hep"
     "eN9LbO2i3mBEpT-BxIMtTRyL53vRog4Yt9DA0VfP3XiBomzlo1hGB3BziZQtNfyhT_po23qTzTFuuiu9h57w6ZTKX4g"
     "HeTcwHtH673CzEkEEbOCOrF3aLNKPb9lqLcwlJ08Ib5X1jQ5IKse4QAz3_tF75zlLIptg"},
    {"mask by SHA-1",
     "ZN-R4cyyBmCug9AOWdYO5_6w1xkeXn4MObGP4ldbXAW9mDptWceF8JkzvMzf8S0PsJGloGR-_mdWvwzzLG7EpGLG265"
     "EVD9JSEbM_HKlT_ia7h-Th5dJ8uvXmSZdFouO9u-0f8YdhkaTjj9dqinQS8OF6M3NZd03XjZqZLMCOJOnG4msZBj2Kz"
     "DdbM5oquP1WecYINb5XSQYbWzYCtcTP6QbLkBrknt_8R3kJ3nqlJuYSTdfN78MGz67WjhYdz_1c_mnO4AuYyAOqCWiC"
     "ySfpSmMeHuXPxXXW6Ke7Bs6SZnnzGVK0aRxblJDKauS0267vKahtUL1YZyTDGgLxEnCKQ"},
    {"another trailer",
     "ToodIzvs6pCqeE9AxbkZIITc27KWBkz6BaG6tnWOip-vvvOCUlglUrj0V8UxWztxthlENk1lw0DQ5p7cz35Z9xiyTY4"
     "wE1hAG_ywH7EhE4b0y0l2UqF_sGmdY6O63FSfhR1xkoak-sAB46UguC5LP4ABBb7lt4FBZDsB8GfqNY2Sisp7iHd9Io"
     "NsKH9cCT0fc--5OfiFqQhWHXFJCwYzHl0BSA0LUnu8iDi0AOYwGEzkr9Ts0SFHkzj2CyinsuALijLrQGQoQmSpTyJTa"
     "gLiDG8uLEjw7sMumAqqeUSU9HPIieDVz8-C8Bixr7iEUDr9e9Ph8O86YgkptDDl-7IDlA"},
};

// Good ones of RS256 over other texts: one begins with a byte of 0, the other is so small that it
// fits into as many bytes with n added.
struct RsaText {
  std::string text;
  std::string signature;  // base64url
};
inline const RsaText kBeginsWithZero = {
    "what is signed 34",
    "AN1TEl1Dn3ZqOGA35b3ywqpU6p6yoduttOaK4_Z7WEVsn5NMYS9OuSJBVG9MYvf9la9AhAIUu1QOZybMnIq_rVGV79L0"
    "NvJc4P5bj1xVh1iH0aoSA3vRzHs-hYW2Up4HzBo0Iwz494Fvt2GpkXyf_-PkDWN3fykUC9xyWU3BzIXs4ZSBPvlg-Ygd"
    "UB7SGzkzvgzM3A9XUZWNuT2VgyPA-MgHF5Iq-PxQR_ZDIT_acJip9gHKaLbatT6V3kVxF9Fjq7kgqSsLz88HT4m-kqTY"
    "lKoz0ySX-TrdYFX199K2B_yH3alV7GrklfeuN_utmhSqaFhXbgzAM6-Hhc2GzApctw"};
inline const RsaText kFitsWithModulus = {
    "what is signed 2",
    "KShiMzLLrr-KiLpLKo0AICffa9CaEDVs3-hq6j1OJZ6NU3no1LFrb3V0NtJePSNMyWQ7W9FKsnzFyAds-DUwu3-tuX9T"
    "oWytyhjBPhByajFO2MUS5tcEwjkPZLgEuYk7ifKvvixvgd2aV-y6p-_JKhI3kuGjCJMTkOjNj6YQTKMAGH6ptW6zoNSD"
    "-i2uRE_iIOQKnHW1JaQabCoCJ8Zm3ki0MqzNmp3zEXF6VhbyX0mXIkr-wXt4O3XyPCV6ydjXfzbx4aR5rA3zXICuRxdP"
    "-kEZaZ8QfnUw1k_Kjqrndh1h20lzmXFm2vIKY4JJfvPYkPIfZvc4D8uwQcgHQB27Xw"};

}  // namespace authd::test
