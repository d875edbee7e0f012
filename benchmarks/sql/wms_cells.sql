-- The packed cells of some tiles of one level of the trees' pyramid, as they lie there.
SELECT tile, array_send(cells), array_send(kinds), array_send(counts), array_send(xs), array_send(ys)
FROM geoplatform.chunk
WHERE layer = 'trees' AND level = %s AND tile = ANY (%s) AND facet = '' AND value = ''
