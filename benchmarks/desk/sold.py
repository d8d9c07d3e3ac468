"""What was sold in a year, as SQL: each statement reads what those before it wrote.

Of a hundred bookings 84 are confirmed, 6 were cancelled against a penalty, 10 ran out unpaid; the last few are held or
being paid right now. A third are there and back, a fifth for two, some for three or with an infant.
"""

PEOPLE = """
    INSERT INTO gateway_user (password, is_superuser, email, first_name, last_name, language, is_staff, is_active)
    SELECT '!', false, 'person' || n || '@example.com', 'Asha', 'Rao', 'en', false, true
    FROM generate_series(1, %(people)s) AS n
"""

PLANS = """
    CREATE TEMPORARY TABLE plan ON COMMIT DROP AS
    WITH bounds AS (SELECT min(id) AS first, count(*) AS flights FROM airlines_flight),
    people AS (SELECT min(id) AS first FROM gateway_user WHERE email LIKE 'person%%'),
    drawn AS (
        SELECT n, bounds.first + floor(random() * bounds.flights)::bigint AS flight_id,
               people.first + floor(random() * %(people)s)::bigint AS owner_id,
               random() AS fate, random() AS party, random() AS trip, power(random(), 2) * 90 AS days_before
        FROM generate_series(1, %(bookings)s) AS n, bounds, people
    )
    SELECT drawn.n, drawn.flight_id, back.id AS back_id, drawn.owner_id,
           CASE WHEN drawn.fate < 0.84 THEN 'confirmed' WHEN drawn.fate < 0.90 THEN 'cancelled' ELSE 'expired' END
               AS status,
           CASE WHEN drawn.party < 0.70 THEN 1 WHEN drawn.party < 0.92 THEN 2 ELSE 3 END AS adults,
           drawn.party BETWEEN 0.69 AND 0.71 AS with_infant,
           least(flight.departs_at, now()) - drawn.days_before * interval '1 day' - interval '2 hours' AS held_at
    FROM drawn
    JOIN airlines_flight AS flight ON flight.id = drawn.flight_id
    LEFT JOIN LATERAL (
        SELECT later.id FROM airlines_flight AS later
        WHERE drawn.trip < 0.33 AND later.origin_id = flight.destination_id
          AND later.destination_id = flight.origin_id AND later.status = 'scheduled'
          AND later.departs_at > flight.departs_at + interval '5 days'
        ORDER BY later.departs_at LIMIT 1
    ) AS back ON true
    ORDER BY held_at
"""

NOW = """
    UPDATE plan SET status = 'held', held_at = now() - interval '10 minutes'
    FROM airlines_flight AS flight
    WHERE flight.id = plan.flight_id AND flight.departs_at > now() + interval '1 day' AND plan.n %% 1000 < 2
"""

BOOKINGS = """
    INSERT INTO bookings_booking (locator, owner_id, status, cabin, family_id, seats, currency, total, contact_email,
        contact_phone, held_at, price_guaranteed_until, payment_required_by, confirmed_at, ended_at)
    SELECT (SELECT string_agg(substr('BCDFGHJKMNPQRSTVWXYZ23456789', 1 + floor(plan.n / 28 ^ place)::int %% 28, 1), '')
            FROM generate_series(0, 5) AS place),
           plan.owner_id, plan.status, 'economy', family.id, plan.adults, 'INR', 0, person.email, '+911100000000',
           plan.held_at, plan.held_at + interval '20 minutes',
           plan.held_at + CASE plan.status WHEN 'held' THEN (630 + 60 * (plan.n %% 60)) * interval '1 second'
                                           ELSE interval '20 minutes' END,
           CASE WHEN plan.status IN ('confirmed', 'cancelled') THEN plan.held_at + interval '5 minutes' END,
           CASE plan.status WHEN 'cancelled' THEN plan.held_at + interval '1 hour'
                            WHEN 'expired' THEN plan.held_at + interval '20 minutes' END
    FROM plan
    JOIN gateway_user AS person ON person.id = plan.owner_id
    JOIN LATERAL (SELECT id FROM airlines_farefamily ORDER BY position OFFSET plan.n %% 3 LIMIT 1) AS family ON true
    ORDER BY plan.held_at
"""
NUMBERED = """
    ALTER TABLE plan ADD booking_id bigint;
    UPDATE plan SET booking_id = numbered.id
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM bookings_booking) AS numbered,
         (SELECT n, row_number() OVER (ORDER BY held_at, n) AS place FROM plan) AS ordered
    WHERE ordered.place = numbered.place AND plan.n = ordered.n
"""

PASSENGERS = """
    INSERT INTO bookings_passenger (booking_id, position, type, title, given_name, family_name, born_on, with_adult)
    SELECT plan.booking_id, place,
           CASE WHEN place = plan.adults THEN 'infant' ELSE 'adult' END, '',
           (ARRAY['Asha', 'Meera', 'Arjun', 'Rohan', 'Farah', 'Kavita', 'Vikram', 'Nadia'])[1 + (plan.n + place) %% 8],
           (ARRAY['Rao', 'Iyer', 'Das', 'Kapoor', 'Khan', 'Joshi', 'Mehta', 'Sen', 'Nair', 'Bose'])[1 + plan.n %% 10]
               || chr(97 + plan.n %% 26) || chr(97 + plan.n / 26 %% 26),
           CASE WHEN place = plan.adults THEN current_date - 200 ELSE date '1980-01-01' + plan.n %% 9000 END,
           CASE WHEN place = plan.adults THEN 0 END
    FROM plan, generate_series(0, plan.adults - CASE WHEN plan.with_infant THEN 0 ELSE 1 END) AS place
    ORDER BY plan.booking_id, place
"""

SEGMENTS = """
    INSERT INTO bookings_segment (booking_id, flight_id, slice, position, sequence, family_id, reminder)
    SELECT plan.booking_id, leg.flight_id, leg.place, leg.place, 0, booking.family_id,
           CASE WHEN flight.departs_at < now() THEN 3 ELSE 0 END
    FROM plan
    JOIN bookings_booking AS booking ON booking.id = plan.booking_id,
    LATERAL (VALUES (plan.flight_id, 0), (plan.back_id, 1)) AS leg (flight_id, place)
    JOIN airlines_flight AS flight ON flight.id = leg.flight_id
    ORDER BY plan.booking_id, leg.place
"""

COUPONS = """
    INSERT INTO bookings_coupon (booking_id, passenger_id, segment_id, flight_id, identity, status, fare, taxes, total,
        penalty)
    SELECT segment.booking_id, passenger.id, segment.id, segment.flight_id, md5(passenger.id::text),
           CASE booking.status
               WHEN 'held' THEN 'held'
               WHEN 'confirmed' THEN
                   CASE WHEN flight.departs_at < now() AND passenger.id %% 33 > 0 THEN 'flown' ELSE 'open' END
               ELSE 'cancelled'
           END,
           price.fare, jsonb_build_array(jsonb_build_object('code', 'IN', 'name', 'Tax', 'amount', '250.00')),
           price.fare + 250, CASE WHEN booking.status = 'cancelled' THEN price.fare / 2 ELSE 0 END
    FROM bookings_segment AS segment
    JOIN bookings_booking AS booking ON booking.id = segment.booking_id
    JOIN bookings_passenger AS passenger ON passenger.booking_id = segment.booking_id
    JOIN airlines_flight AS flight ON flight.id = segment.flight_id,
    LATERAL (SELECT CASE WHEN passenger.type = 'infant' THEN 400 ELSE 2500 + segment.flight_id * 37 %% 4000 END)
        AS price (fare)
"""

TOTALS = """
    UPDATE bookings_booking AS booking SET total = value.total
    FROM (SELECT booking_id, sum(total) AS total FROM bookings_coupon GROUP BY booking_id) AS value
    WHERE value.booking_id = booking.id
"""

PAYMENTS = """
    INSERT INTO bookings_payment (id, booking_id, gateway, token, amount, currency, status, reference, decline_code,
        challenge_url, started_at, answered_at, ask_again_at, times_asked)
    SELECT gen_random_uuid(), id, 'sandbox', 'tok_ok', total, 'INR',
           CASE status WHEN 'confirmed' THEN 'succeeded' WHEN 'cancelled' THEN 'partly_refunded' ELSE 'started' END,
           CASE WHEN status = 'held' THEN '' ELSE 'year-' || id END, '', '',
           CASE WHEN status = 'held' THEN now() - interval '8 minutes' ELSE confirmed_at - interval '3 seconds' END,
           confirmed_at, CASE WHEN status = 'held' THEN now() END, 0
    FROM bookings_booking WHERE status IN ('confirmed', 'cancelled') OR (status = 'held' AND id %% 10 = 0)
    ORDER BY held_at
"""

REFUNDS = """
    INSERT INTO bookings_refund (id, payment_id, amount, reason, status, started_at, paid_at, times_tried)
    SELECT gen_random_uuid(), payment.id, payment.amount - kept.penalty, 'cancelled',
           CASE WHEN booking.id %% 1000 = 0 THEN 'started' ELSE 'succeeded' END, booking.ended_at,
           CASE WHEN booking.id %% 1000 = 0 THEN NULL ELSE booking.ended_at + interval '1 minute' END, 1
    FROM bookings_payment AS payment
    JOIN bookings_booking AS booking ON booking.id = payment.booking_id
    JOIN (SELECT booking_id, sum(penalty) AS penalty FROM bookings_coupon GROUP BY booking_id) AS kept
        ON kept.booking_id = booking.id
    WHERE payment.status = 'partly_refunded'
"""

TICKETS = """
    INSERT INTO bookings_ticket (passenger_id, number, issued_at)
    SELECT passenger.id, '897' || lpad(passenger.id::text, 10, '0'), booking.confirmed_at
    FROM bookings_passenger AS passenger JOIN bookings_booking AS booking ON booking.id = passenger.booking_id
    WHERE booking.confirmed_at IS NOT NULL
"""

COUNTERS = """
    UPDATE airlines_flightcabin AS cabin SET seats_held = truth.held, seats_sold = truth.sold
    FROM (
        SELECT coupon.flight_id, count(*) FILTER (WHERE coupon.status = 'held') AS held,
               count(*) FILTER (WHERE coupon.status IN ('open', 'flown')) AS sold
        FROM bookings_coupon AS coupon JOIN bookings_passenger AS passenger ON passenger.id = coupon.passenger_id
        WHERE passenger.type <> 'infant' GROUP BY coupon.flight_id
    ) AS truth
    WHERE truth.flight_id = cabin.flight_id
"""

LANDED = "UPDATE airlines_flight SET status = 'landed' WHERE arrives_at < now()"

MESSAGES = """
    INSERT INTO notifications_message (id, kind, subject, way, recipient, reader_id, language, context, urgency, status,
        written_at, due_at, tries, copy, last_error, sent_at)
    SELECT gen_random_uuid(), 'booking_confirmed', locator, 'email', contact_email, owner_id, 'en', '{}', 1,
           CASE WHEN id %% 10000 = 0 THEN 'dead' ELSE 'sent' END, confirmed_at, confirmed_at, 1, 0, '', confirmed_at
    FROM bookings_booking WHERE confirmed_at IS NOT NULL ORDER BY held_at
"""

STATEMENTS = (
    PEOPLE,
    PLANS,
    NOW,
    BOOKINGS,
    NUMBERED,
    PASSENGERS,
    SEGMENTS,
    COUPONS,
    TOTALS,
    PAYMENTS,
    REFUNDS,
    TICKETS,
    COUNTERS,
    LANDED,
    MESSAGES,
)
"""In this order: flights are found while they are on sale, and counters are made from the coupons."""
