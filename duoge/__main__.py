from duoge.cli import main

main()
