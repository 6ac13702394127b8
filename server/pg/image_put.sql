INSERT INTO funnel.image (tenant_id, hash, at, bytes) VALUES ($1::int8, $2::bytea, $3::int8, $4::bytea) ON CONFLICT DO NOTHING
