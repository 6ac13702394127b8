/* json.h: shared by the files of the JSON reader and writer.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_H
#define JSON_H
#include "fn_json.h"

enum { FN_JSON_DEPTH = 64 };

/* Looks for keys that stand twice in a complete object. FN_INVALID when one does; with `allow` the earlier ones are
 * taken out of the list instead. FN_NO_MEMORY. */
enum fn_code fn_json_check_keys(struct fn_json *object, bool allow);

#endif
