from services.kit.migrate import run

run()
