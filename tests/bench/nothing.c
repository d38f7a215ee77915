/* SPDX-License-Identifier: MIT */
/* nothing.c - the static program whose spawn is measured. */
int main(void)
{
	return 0;
}
