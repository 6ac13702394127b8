SELECT bytes FROM funnel.image WHERE tenant_id = $1::int8 AND hash = $2::bytea
