/* evolution_jid.c: whose message it is. A WhatsApp id is user[:device]@server; a contact may be known by phone, by @lid or by both, and
 * Brazilian mobiles come with and without their ninth digit. Crowds (groups, broadcasts, channels) are never contacts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_evolution.h"

/* E.164 has at most 15 digits; Evolution turns 18 and more into groups. */
enum { PHONE_MIN = 6, PHONE_MAX = 15, LID_MAX = 20 };

static bool all_digits(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
    }
    return s.n > 0;
}

enum fsv_jid_kind fsv_jid_read(struct fn_str jid, struct fn_str *out_user)
{
    const char *at = jid.n > 0 ? memchr(jid.p, '@', jid.n) : NULL;
    if (at == NULL) {
        return FSV_JID_BAD;
    }
    struct fn_str user = {jid.p, (size_t)(at - jid.p)}, server = {at + 1, jid.n - user.n - 1};
    if (fn_str_eq(server, FN_STR("g.us")) || fn_str_eq(server, FN_STR("broadcast")) ||
        fn_str_eq(server, FN_STR("newsletter"))) {
        return FSV_JID_CROWD;
    }
    const char *device = user.n > 0 ? memchr(user.p, ':', user.n) : NULL;
    user.n = device != NULL ? (size_t)(device - user.p) : user.n;
    if (!all_digits(user)) {
        return FSV_JID_BAD;
    }
    bool lid = fn_str_eq(server, FN_STR("lid"));
    bool phone = fn_str_eq(server, FN_STR("s.whatsapp.net")) || fn_str_eq(server, FN_STR("c.us"));
    if ((!lid && !phone) || (phone && (user.n < PHONE_MIN || user.n > PHONE_MAX)) || user.n > LID_MAX) {
        return FSV_JID_BAD;
    }
    *out_user = user;
    return lid ? FSV_JID_LID : FSV_JID_PHONE;
}

struct fn_str fsv_phone_key(struct fn_arena *arena, struct fn_str digits)
{
    /* 55, two digits of area, then eight beginning with 6 to 9: a mobile in WhatsApp's own record, without its ninth digit. */
    bool short_mobile = digits.n == 12 && memcmp(digits.p, "55", 2) == 0 && digits.p[4] >= '6' && digits.p[4] <= '9';
    if (!short_mobile) {
        return fn_arena_dup(arena, digits);
    }
    return fn_arena_printf(arena, "%.4s9%.8s", digits.p, digits.p + 4);
}
