/* schema.c: a type as JSON Schema in the strict form that providers take: every object closed, every key required, what may be missing a union
 * with null. A map has no strict form: it is an object whose values have one type.
 *
 * Descends at most FBC_TYPE_DEPTH_MAX deep and over at most FBC_LIMIT_TYPE_NODES nodes: the verifier saw to both (M2).
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_image.h"

#include "fn_json.h"

/* For the scalars; NULL has a form of its own below. */
static const char *const scalars[] = {
    [FBC_T_BOOL] = "{\"type\":\"boolean\"}",
    [FBC_T_INT] = "{\"type\":\"integer\"}",
    [FBC_T_NUMBER] = "{\"type\":\"number\"}",
    [FBC_T_MONEY] = "{\"type\":\"number\",\"description\":\"amount of money, at most two decimals\"}",
    [FBC_T_TEXT] = "{\"type\":\"string\"}",
    [FBC_T_DATE] = "{\"type\":\"string\",\"format\":\"date\"}",
    [FBC_T_TIME] = "{\"type\":\"string\",\"format\":\"time\"}",
    [FBC_T_DATETIME] = "{\"type\":\"string\",\"format\":\"date-time\"}",
    [FBC_T_DURATION] = "{\"type\":\"integer\",\"description\":\"duration in milliseconds\"}",
    [FBC_T_PHONE] = "{\"type\":\"string\",\"description\":\"phone number with country code, +5511987654321\"}",
    [FBC_T_EMAIL] = "{\"type\":\"string\",\"format\":\"email\"}",
    [FBC_T_URL] = "{\"type\":\"string\",\"description\":\"URL\"}",
    [FBC_T_JSON] = "{\"type\":\"string\",\"description\":\"JSON text\"}",
    [FBC_T_IMAGE] = "{\"type\":\"string\",\"description\":\"URL of an image\"}",
    [FBC_T_AUDIO] = "{\"type\":\"string\",\"description\":\"URL of an audio file\"}",
    [FBC_T_VIDEO] = "{\"type\":\"string\",\"description\":\"URL of a video\"}",
    [FBC_T_DOCUMENT] = "{\"type\":\"string\",\"description\":\"URL of a document\"}",
    [FBC_T_LOCATION] = "{\"type\":\"string\",\"description\":\"latitude,longitude\"}",
    [FBC_T_OPTION] = NULL,
};

static void put_type(struct fn_buf *out, const struct fbc_image *im, const struct fbc_type *t);

static void put_names(struct fn_buf *out, const struct fbc_type *t)
{
    for (unsigned i = 0; i < t->n; i++) {
        fn_json_comma(out);
        fn_json_put_str(out, t->fields[i].name);
    }
}

static void put_record(struct fn_buf *out, const struct fbc_image *im, const struct fbc_type *t)
{
    fn_buf_z(out, "{\"type\":\"object\",\"properties\":{");
    for (unsigned i = 0; i < t->n && !out->failed; i++) {
        fn_json_comma(out);
        fn_json_put_str(out, t->fields[i].name);
        fn_buf_char(out, ':');
        put_type(out, im, &im->types[t->fields[i].type]);
    }
    fn_buf_z(out, "},\"required\":[");
    put_names(out, t);
    fn_buf_z(out, "],\"additionalProperties\":false}");
}

static void put_type(struct fn_buf *out, const struct fbc_image *im, const struct fbc_type *t)
{
    const struct fbc_type *elem = t->elem != FBC_NO_TYPE ? &im->types[t->elem] : NULL;
    if (scalars[t->kind] != NULL) {
        fn_buf_z(out, scalars[t->kind]);
    } else if (t->kind == FBC_T_ENUM) {
        fn_buf_z(out, "{\"type\":\"string\",\"enum\":[");
        put_names(out, t);
        fn_buf_z(out, "]}");
    } else if (elem == NULL) {
        put_record(out, im, t);
    } else if (t->kind == FBC_T_OPTION) {
        fn_buf_z(out, "{\"anyOf\":[");
        put_type(out, im, elem);
        fn_buf_z(out, ",{\"type\":\"null\"}]}");
    } else {
        fn_buf_z(out, t->kind == FBC_T_LIST ? "{\"type\":\"array\",\"items\":"
                                            : "{\"type\":\"object\",\"additionalProperties\":");
        put_type(out, im, elem);
        fn_buf_char(out, '}');
    }
}

void fbc_json_schema(struct fn_buf *out, const struct fbc_image *im, uint16_t type)
{
    if (type < im->n_types) {
        put_type(out, im, &im->types[type]);
    }
}
