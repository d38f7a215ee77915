# The sqlite3 shell.
sqlite3 d.db 'create table t(a, b); insert into t values(1, "one"), (2, "two");' 'select * from t;'
for i in 1 2 3; do echo "insert into t select a + 2, b || '$i' from t;"; done | sqlite3 d.db; sqlite3 d.db 'select count(*), max(a) from t'
seq 500 | sed 's/.*/&,row &/' >in.csv; sqlite3 -csv d.db '.import in.csv u' ; sqlite3 d.db 'select count(*) from u'; sqlite3 d.db .dump | wc -l; sqlite3 d.db .schema
sqlite3 d.db 'begin; delete from t; rollback; select count(*) from t'; sqlite3 d.db 'create index i on t(a); pragma integrity_check'; sqlite3 d.db '.backup copy.db'; cmp <(sqlite3 d.db .dump) <(sqlite3 copy.db .dump) && echo same
sqlite3 d.db 'select nosuch from t'; echo $?; sqlite3 /nosuch/x.db 'select 1; create table x(a)'; echo $?; for i in 1 2 3 4; do sqlite3 -cmd '.timeout 5000' d.db "insert into t values($i, 'par')" & done; wait; sqlite3 d.db 'select count(*) from t where b = "par"'
