# A small C project: make with dependencies, a library, a shared object, errors, a rerun.
mkdir src; cd src || exit
for i in 1 2 3; do printf '#include "all.h"\nint f%d(int x)\n{\n\treturn x * %d;\n}\n' $i $i >f$i.c; done
printf 'int f1(int), f2(int), f3(int);\n' >all.h
cat >main.c <<'END'
#include <math.h>
#include <stdio.h>
#include "all.h"
int main(int argc, char **argv)
{
	printf("%d %d %d %.3f %d\n", f1(7), f2(7), f3(7), sqrt(argc + 1.0), argc);
	return argc > 1 ? 3 : 0;
}
END
cat >Makefile <<'END'
CFLAGS = -O1 -g -Wall -MMD
prog: main.o libf.a
	gcc -o $@ $^ -lm
libf.a: f1.o f2.o f3.o
	ar rcs $@ $^
libf.so: f1.c f2.c f3.c
	gcc -shared -fPIC -o $@ $^
%.o: %.c
	gcc $(CFLAGS) -c -o $@ $<
clean:
	rm -f *.o *.d *.a *.so prog
-include $(wildcard *.d)
END
make -s prog && ./prog && ./prog a b; echo $?
make; touch all.h; make -j2 --output-sync | sort; make libf.so | sed 's/.*-o/-o/'
gcc -o dyn main.c -L. -lf -lm && LD_LIBRARY_PATH=. ./dyn; ./dyn 2>&1 | sed 's/.*: error/error/'
nm libf.a | grep -c ' T '; size prog | tail -n 1 | wc -w; objdump -d prog | grep -c '<main>:'; strip prog && ./prog; file_type=$(head -c 4 prog | od -An -c); echo "$file_type"
echo 'int main(void) { return x; }' >bad.c; gcc -c bad.c; echo $?; make nosuch; echo $?
echo 'int main(void) { *(volatile int *)0 = 1; }' >crash.c; gcc -o crash crash.c; (./crash; echo $?) 2>/dev/null
printf 'a:\n\t@echo shell $$PPID | cut -c1-5; exit 4\n' >mk; make -f mk; echo $?
gcc -static -o st main.c libf.a -lm && ./st; gcc -no-pie -o np main.c libf.a -lm && ./np; gcc -static-pie -o sp main.c libf.a -lm && ./sp
gcc -E main.c | wc -l | awk '{ print ($1 > 500) }'; g++ --version >/dev/null 2>&1; echo | gcc -x c -dM -E - | grep -c __x86_64__; make clean; ls
