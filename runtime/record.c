/* record.c: what a turn was made from, as one JSON object for the turn log: clock, seed, the row taken, answers read from tables, and the
 * checksum of the snapshot that came of it. The VM is pure: with the snapshot before, this makes the turn again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

static void open_record(struct turn *t)
{
    if (t->record.n == 0) {
        fn_buf_printf(&t->record, "{\"clock\":%lld,\"seed\":\"%016llx\",\"steps\":[", (long long)t->now,
                      (unsigned long long)t->seed);
    }
}

static void put(struct turn *t, const char *key, struct fn_str value)
{
    if (value.n != 0) {
        fn_json_put_key(&t->record, key);
        fn_json_put_str(&t->record, value);
    }
}

void record_row(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    open_record(t);
    fn_json_comma(&t->record);
    fn_buf_printf(&t->record, "{\"row\":\"%lld\",\"kind\":%d,\"call\":%u,\"present\":%s", (long long)row->id,
                  (int)row->kind, (unsigned)p->call, p->present ? "true" : "false");
    put(t, "text", p->text);
    put(t, "option", p->option);
    put(t, "media", p->media);
    put(t, "event", p->event);
    put(t, "event_name", p->event_name);
    put(t, "funnel", p->funnel);
    fn_buf_char(&t->record, '}');
}

void record_join(struct turn *t, const struct frt_row *row)
{
    open_record(t);
    fn_json_comma(&t->record);
    fn_buf_printf(&t->record, "{\"joined\":\"%lld\"}", (long long)row->id);
}

void record_read(struct turn *t, bool present, struct fn_str text)
{
    open_record(t);
    fn_json_comma(&t->record);
    fn_buf_printf(&t->record, "{\"read\":%s", present ? "true" : "false");
    put(t, "text", text);
    fn_buf_char(&t->record, '}');
}

void record_close(struct turn *t)
{
    if (t->record.n == 0) {
        return;
    }
    fn_buf_char(&t->record, ']');
    put(t, "funnel", t->next.funnel);
    put(t, "stage", t->next.stage);
    fn_json_put_key(&t->record, "prog");
    fn_buf_char(&t->record, '"');
    fn_buf_hex(&t->record, t->next.prog.p, t->next.prog.n);
    fn_buf_printf(&t->record, "\",\"status\":%d,\"effects\":%zu,\"snap\":%u}", (int)t->next.status, t->effects.n,
                  (unsigned)fn_crc32c(t->next.snap.p, t->next.snap.n));
    if (t->record.failed) { /* larger than a record may be: the turn is worth more than its log */
        fn_buf_clear(&t->record);
    }
}
