/* disk.h: cases for stores that live in files; see disk.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DISK_H
#define DISK_H
struct contract_case;
extern const struct contract_case contract_disk_cases[]; /* anywhere */
extern const struct contract_case contract_full_cases[]; /* only where filling the file system harms nobody */
#endif
